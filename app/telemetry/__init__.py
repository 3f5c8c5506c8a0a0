"""What an operator sees: figures, logs and traces. None ever holds secrets, lyrics or a tenant's name."""
