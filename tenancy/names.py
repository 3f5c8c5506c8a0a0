"""Names that people give: to keys and to tenants."""

from __future__ import annotations

MAX_NAME = 200


class InvalidName(ValueError):
    """A name has 1 to 200 characters, without line breaks or other control characters."""


def checked(name: str) -> str:
    """The name without white space around it. Raises InvalidName."""
    stripped = name.strip()
    if not 1 <= len(stripped) <= MAX_NAME or not stripped.isprintable():
        raise InvalidName(InvalidName.__doc__)
    return stripped
