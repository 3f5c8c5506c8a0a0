"""Themes by a readable taxonomy, and the names that a text mentions."""
