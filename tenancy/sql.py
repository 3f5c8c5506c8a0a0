"""Values of a hand-written statement, numbered as they are bound: SQL text never holds a value."""

from __future__ import annotations

from typing import Any


class Params:
    """Collects the values of one statement for asyncpg: `params.values` goes behind the SQL text."""

    __slots__ = ("values",)

    def __init__(self, *values: Any) -> None:
        self.values: list[Any] = list(values)

    def bind(self, value: Any, type_: str) -> str:
        """The placeholder for one more value, such as `$2::text[]`."""
        self.values.append(value)
        return f"${len(self.values)}::{type_}"
