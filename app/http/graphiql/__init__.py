"""GraphiQL 5, built by vite into `dist/` and served from this origin alone. See README.md for a rebuild."""
