"""How a field is reached: declarations that stand in the Strawberry types, one line a field.

A type is read from a *row*: a row of a table, or a JSON object (a `jsonb` column, or what a Python
function returned). Where a field says nothing else, it is the row's value of the same name.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.parent import StrawberryParent
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from api.planner.rows import Ask, Rows
from tenancy.scopes import Scope

T = TypeVar("T")
PLAN = "plan"
TABLE = "__planned_table__"

# Strawberry leaves such a parameter out of the GraphQL arguments.
RowsOf = Annotated[Rows, StrawberryParent()]
Asking = Annotated[Ask, StrawberryParent()]


@dataclass(frozen=True, slots=True)
class Table:
    """Where the rows of an object type live, and the prefix of its global ids."""

    name: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Value:
    """An SQL expression over `{row}`; None reads the row's value of the field's name."""

    sql: str | None = None
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Embedded:
    """An object whose fields are read from the same row."""

    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class One:
    """At most one row of another table: `on` relates `{new}` to `{row}`."""

    table: str
    on: str
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Paged:
    """A Relay connection over a table; `narrow` says which rows, and in which order."""

    table: str
    narrow: Callable[..., None]
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Single:
    """The first row of a table that `narrow` leaves, or null."""

    table: str
    narrow: Callable[..., None]
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """A JSON value that Python gives before the statement runs; SQL reads the selected fields from it."""

    function: Callable[..., Any | Awaitable[Any]]
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """A JSON value that Python gives once the statement has run, for all of its rows at once."""

    function: Callable[..., Any | Awaitable[Any]]
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """An ordinary Strawberry resolver that needs a scope."""

    scope: Scope | None = None


Spec = Value | Embedded | One | Single | Paged | Computed | Later | Resolved


def node(table: str, prefix: str) -> Callable[[type[T]], type[T]]:
    """An object type of a table, addressed by ids such as `trk_0190…`; its docstring is its description."""

    def declare(cls: type[T]) -> type[T]:
        setattr(cls, TABLE, Table(table, prefix))
        return strawberry.type(cls, description=inspect.getdoc(cls))

    return declare


def shape(cls: type[T]) -> type[T]:
    """An object type whose row its parent provides; its docstring is its description."""
    return strawberry.type(cls, description=inspect.getdoc(cls))


def column(description: str, sql: str | None = None, *, scope: Scope | None = None) -> Any:
    """The row's value of this name, or the expression `sql` over `{row}`."""
    return strawberry.field(description=description, metadata={PLAN: Value(sql, scope)})


def embedded(description: str, *, scope: Scope | None = None) -> Any:
    return strawberry.field(description=description, metadata={PLAN: Embedded(scope)})


def one(description: str, table: str, *, on: str, scope: Scope | None = None) -> Any:
    return strawberry.field(description=description, metadata={PLAN: One(table, on, scope)})


def connection(of: Any, table: str, *, scope: Scope | None = None) -> Callable[[Callable[..., None]], Any]:
    """A connection; the decorated function gets `Rows` and the field's own arguments."""

    def declare(narrow: Callable[..., None]) -> Any:
        field = from_function(narrow, of, Paged(table, narrow, scope))
        field.arguments = [*paging_arguments(), *field.arguments]
        return field

    return declare


def single(of: Any, table: str, *, scope: Scope | None = None) -> Callable[[Callable[..., None]], Any]:
    """At most one row of a table; the decorated function gets `Rows` and the field's own arguments."""
    return lambda narrow: from_function(narrow, of, Single(table, narrow, scope))


def computed(of: Any, *, scope: Scope | None = None) -> Callable[[Callable[..., Any]], Any]:
    """A field whose JSON value the decorated function returns, given `Ask` and the field's arguments."""
    return lambda function: from_function(function, of, Computed(function, scope))


def later(of: Any, *, scope: Scope | None = None) -> Callable[[Callable[..., Any]], Any]:
    """A field below rows: the decorated function gets `Ask`, whose `keys` are the rows' ids, and the
    field's arguments; it returns a list with one JSON value a key, in their order.
    """
    return lambda function: from_function(function, of, Later(function, scope))


def from_function(function: Callable[..., Any], of: Any, spec: Spec) -> StrawberryField:
    """A field with the function's arguments and docstring. The planner calls it, never Strawberry."""
    field: StrawberryField = strawberry.field(
        resolver=function, graphql_type=of, description=inspect.getdoc(function), metadata={PLAN: spec}
    )
    for argument in field.arguments:
        if argument.default is None:
            argument.default = (
                strawberry.UNSET
            )  # the function's own default: the schema need not say `= null`
    return field


def paging_arguments() -> list[StrawberryArgument]:
    described = {
        "first": (int, "How many from the start, at most 100. Either `first` or `last` is required."),
        "after": (str, "Go on behind this cursor."),
        "last": (int, "How many from the end, at most 100."),
        "before": (str, "Stop before this cursor."),
    }
    return [
        StrawberryArgument(
            python_name=name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(type_ | None),
            description=text,
        )
        for name, (type_, text) in described.items()
    ]
