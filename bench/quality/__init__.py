"""How good the analyses are, measured on verse that people annotated."""
