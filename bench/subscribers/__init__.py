"""Very many subscribers on one process: what each takes, and how soon they hear of an event."""
