"""A run over very many tracks: how fast a worker goes through it, what the turns cost, and its memory."""
