"""A compiled root field: SQL text with holes, which the arguments of one request fill."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode
from graphql.execution.values import VariableValues

from api.planner.arguments import Arguments
from api.planner.faults import Fault
from api.planner.fields import Computed, Later, Paged, Single
from api.planner.paging import Page, ordering, page
from api.planner.rows import Ask, Row, Rows
from tenancy.sql import Params, to_json

PAGING = ("first", "after", "last", "before")
MAX_TEXTS = 100  # of a plan: which arguments are given makes few, but a filter's many


@dataclass(frozen=True, slots=True)
class PageHole:
    """A connection, filled in by its function and its paging arguments."""

    spec: Paged
    alias: str
    row: Row | None
    arguments: Arguments

    async def fill(self, ask: Ask, params: Params, variables: VariableValues) -> Page:
        values = self.arguments.values(variables)
        paging = {name: values.pop(name) for name in PAGING if name in values}
        rows = Rows(self.alias, self.row, ask, params, key=f"{self.alias}.id", key_type="uuid")
        self.spec.narrow(rows, **values)
        return page(rows, self.spec.table, **paging)


@dataclass(frozen=True, slots=True)
class SingleHole:
    """The FROM clause of a single row."""

    spec: Single
    alias: str
    row: Row | None
    arguments: Arguments

    async def fill(self, ask: Ask, params: Params, variables: VariableValues) -> str:
        rows = Rows(self.alias, self.row, ask, params, key=f"{self.alias}.id", key_type="uuid")
        self.spec.narrow(rows, **self.arguments.values(variables))
        conditions = " and ".join([f"{self.alias}.tenant_id = $1", *rows.conditions])
        order = ordering(rows.key, self.alias, ascending=not rows.descending)
        return f" from {self.spec.table} {self.alias} where {conditions} order by {order} limit 1"


@dataclass(frozen=True, slots=True)
class JsonHole:
    """A value that Python computes, bound as one JSON parameter; `spec` None takes it from the source."""

    spec: Computed | None
    name: str
    arguments: Arguments | None

    async def fill(self, ask: Ask, params: Params, variables: VariableValues) -> str:
        if self.spec is None or self.arguments is None:
            value = getattr(ask.source, self.name)
        else:
            value = self.spec.function(ask, **self.arguments.values(variables))
            if inspect.isawaitable(value):
                value = await value
        return params.bind(to_json(value).decode(), "text") + "::jsonb"


Hole = PageHole | SingleHole | JsonHole
Filled = dict[str, Any]
Part = str | Callable[[Filled], str]


@dataclass(frozen=True, slots=True)
class Deferred:
    """A field that stands as a mark with its row's id at first, until `plan` has all rows' values.

    `mark` finds these in JSON, the id being its group.
    """

    path: tuple[str, ...]
    mark: re.Pattern[bytes]
    fault: str
    spec: Later
    arguments: Arguments
    plan: Plan

    async def values(self, ask: Ask, variables: VariableValues) -> list[Any]:
        """One a key, in their order; an exception where there is none. Raises what holds for all."""
        found = self.spec.function(ask, **self.arguments.values(variables))
        values: list[Any] = await found if inspect.isawaitable(found) else found
        return values


@dataclass(slots=True)
class Plan:
    """One root field. `parts` join to an SQL expression of type json once the holes are filled."""

    parts: list[Part] = field(default_factory=list)
    holes: dict[str, Hole] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    deferred: list[Deferred] = field(default_factory=list)
    nodes: list[FieldNode] = field(default_factory=list)
    non_null: bool = False
    _texts: dict[tuple[object, ...], str] = field(default_factory=dict)  # by what fills the holes

    async def render(
        self, ask: Ask, variables: VariableValues, failed: dict[str, Exception]
    ) -> tuple[str, list[Any]]:
        """The statement and its values; `$1` is the tenant, always. What can't be filled is in `failed`."""
        params = Params(ask.context.principal.tenant)
        filled: Filled = {}
        for name, hole in self.holes.items():
            try:
                filled[name] = await hole.fill(ask, params, variables)
            except Exception as error:
                failed[name] = error
        shape = (*filled.items(), *params.placeholders)
        text = self._texts.get(shape)
        if text is None:
            if len(self._texts) >= MAX_TEXTS:
                self._texts.clear()
            text = self._texts[shape] = self._text(filled, params)
        return text, params.values

    def _text(self, filled: Filled, params: Params) -> str:
        text = joined(self.parts, filled)
        # Postgres wants to see every parameter, and a count needs no page size; this costs it nothing.
        seen = "".join(
            f" and ({unused} is null or true)" for unused in params.placeholders if unused not in text
        )
        # The policies are told whose rows these are in the same round trip, for this statement alone. FROM
        # gives its row before anything is selected, and what sets something keeps parallel workers away.
        whose = "set_config('app.tenant_id', $1::uuid::text, true) as pinned"
        return f"select {text} from {whose} where pinned is not null{seen}"


def joined(parts: list[Part], filled: Filled) -> str:
    return "".join(part if isinstance(part, str) else part(filled) for part in parts)


def compact(parts: list[Part]) -> list[Part]:
    """The same with neighbouring texts joined, so that a request joins few parts."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found
