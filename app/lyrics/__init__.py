"""A song's words as text: cleaned, split into lines and stanzas, with their language."""
