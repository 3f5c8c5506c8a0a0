"""What the functions behind a field work on: the rows that they narrow, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tenancy.sql import Params

if TYPE_CHECKING:
    from api.context import Context


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table, known in the statement by an alias."""

    alias: str

    def __str__(self) -> str:
        return self.alias

    def get(self, name: str) -> str:
        return f"{self.alias}.{name}"


@dataclass(frozen=True, slots=True)
class JsonRow:
    """A `jsonb` object, known by the expression that gives it."""

    expression: str

    def __str__(self) -> str:
        return self.expression

    def get(self, name: str) -> str:
        return f"({self.expression} -> '{name}')"

    def text(self, name: str) -> str:
        return f"({self.expression} ->> '{name}')"


Row = TableRow | JsonRow


@dataclass(frozen=True, slots=True)
class Ask:
    """One request's context; below a Python object that object (`source`), below rows their ids (`keys`)."""

    context: Context
    source: Any = None
    keys: tuple[UUID, ...] = ()


@dataclass(slots=True)
class Rows:
    """The rows of one connection: add conditions and an order; values go through `params.bind`.

    `new` is the alias of the connection's table, `row` the row that it hangs on (None at the root).
    """

    new: str
    row: Row | None
    ask: Ask
    params: Params
    conditions: list[str] = field(default_factory=list)
    key: str = ""
    key_type: str = ""
    descending: bool = False

    def where(self, *conditions: str) -> None:
        self.conditions += conditions

    def order(self, key: str, type_: str, *, descending: bool = False) -> None:
        """Orders by an SQL expression that is never null, of type `type_`, and then by id."""
        self.key, self.key_type, self.descending = key, type_, descending
