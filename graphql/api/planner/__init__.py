"""A selection becomes one SQL statement, whose JSON goes out as it is: see README.md in this folder."""
