"""Explicit content: categories, severity and the lines."""
