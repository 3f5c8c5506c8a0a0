"""How many tracks a core analyses in a second, how much memory that takes, and how both grow."""
