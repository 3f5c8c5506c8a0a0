"""Values of a hand-written statement, numbered as they are bound: SQL text never holds a value."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson


class Params:
    """Collects the values of one statement for asyncpg: `params.values` goes behind the SQL text."""

    __slots__ = ("placeholders", "values")

    def __init__(self, *values: Any) -> None:
        self.values: list[Any] = list(values)
        self.placeholders: list[str] = []

    def bind(self, value: Any, type_: str) -> str:
        """The placeholder for one more value, such as `$2::text[]`."""
        self.values.append(value)
        placeholder = f"${len(self.values)}::{type_}"
        self.placeholders.append(placeholder)
        return placeholder


def to_json(value: Any) -> bytes:
    """JSON of plain values, dates, dataclasses and UUIDs, asyncpg's own UUIDs among them."""
    return orjson.dumps(value, default=plain)


def plain(value: Any) -> str:
    if isinstance(value, UUID):  # orjson knows the class itself, not asyncpg's subclass
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
