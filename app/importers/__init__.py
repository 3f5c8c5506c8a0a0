"""Songs from files into a tenant's catalogue: one source a module, all ending in `app.catalog.tracks.add`."""
