"""From a selection to one SQL expression that builds its JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from api.planner.connections import connection
from api.planner.fields import PLAN, Computed, Embedded, Later, One, Paged, Single, Value
from api.planner.plan import Arguments, Deferred, Denial, Hole, JsonHole, Part, Plan, SingleHole
from api.planner.rows import JsonRow, Row, TableRow
from api.planner.selection import Selector
from api.planner.sql import NotPlannable, Parts, Path, is_composite, json_object, named_object, table_of
from tenancy.scopes import Scope

MOMENT = "to_char({0} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


class Denied(Exception):
    """A field below can't be given, and no nullable field stands between: this one is null too."""


@dataclass(slots=True)
class Compiler:
    """Compiles the fields of one operation for one set of scopes."""

    selector: Selector
    scopes: frozenset[Scope]
    convert: Callable[..., dict[str, Any]]
    plan: Plan
    aliases: int = 0

    def root(self, key: str, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Plan:
        """The plan of one field of a root type, or of a Python object."""
        name = nodes[0].name.value
        self.plan.nodes = nodes
        self.plan.non_null = name == "__typename" or is_non_null_type(parent.fields[name].type)
        try:
            self.plan.parts = ["to_json(", *self.field(None, (key,), parent, nodes), ")"]
        except Denied:
            self.plan.parts = ["null::json"]
        return self.plan.compacted()

    def field(self, row: Row | None, path: Path, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Parts:
        """SQL for one response key. Raises Denied where a scope is missing and null is not allowed."""
        name = nodes[0].name.value
        if name == "__typename":
            return [f"'{parent.name}'::text"]
        table = table_of(parent)
        if name == "id" and table is not None and row is not None:
            return [f"('{table.prefix}_' || translate({row.get('id')}::text, '-', ''))"]
        definition = parent.fields[name]
        spec = definition.extensions["strawberry-definition"].metadata.get(PLAN, Value())
        try:
            if spec.scope is not None and spec.scope not in self.scopes:
                self.plan.denials.append(Denial(path, spec.scope, nodes[0]))
                raise Denied
            return self._reached(spec, row, path, parent, nodes)
        except Denied:
            if is_non_null_type(definition.type):
                raise
            return ["null::json"]

    def _reached(
        self, spec: Any, row: Row | None, path: Path, parent: GraphQLObjectType, nodes: list[FieldNode]
    ) -> Parts:
        definition = parent.fields[nodes[0].name.value]
        type_: GraphQLOutputType = definition.type
        python_name: str = definition.extensions["strawberry-definition"].python_name
        match spec:
            case Paged():
                return connection(self, spec, row, path, parent, nodes)
            case Single():
                new = self.alias()
                hole = self.hole(SingleHole(spec, new, row, self.arguments(parent, nodes[0])))
                inner = self.object(named_object(type_), TableRow(new), path, nodes)
                return ["(select ", *inner, lambda filled: str(filled[hole]), ")"]
            case Computed():
                hole = self.hole(JsonHole(spec, "", self.arguments(parent, nodes[0])))
                return self._named(lambda filled: str(filled[hole]), type_, path, nodes)
            case Value(sql=None) if row is None:
                hole = self.hole(JsonHole(None, python_name, None))
                return self._named(lambda filled: str(filled[hole]), type_, path, nodes)
            case Value(sql=str() as sql):
                return self._expression(sql.format(row=row), type_, path, nodes)
        if row is None:
            raise NotPlannable(f"{parent.name}.{nodes[0].name.value} needs a row, and has none.")
        match spec:
            case Value():
                value = row.get(python_name)
                if get_named_type(type_).name == "DateTime" and isinstance(row, TableRow):
                    value = MOMENT.format(value)
                return self._value(type_, value, path, nodes)
            case Embedded():
                return self.object(named_object(type_), row, path, nodes)
            case One(table=table, on=on):
                new = self.alias()
                inner = self.object(named_object(type_), TableRow(new), path, nodes)
                where = f"{new}.tenant_id = $1 and {on.format(row=row, new=new)}"
                return ["(select ", *inner, f" from {table} {new} where {where} limit 1)"]
            case Later():
                return self._later(spec, row, path, parent, nodes)
        raise NotPlannable(
            f"{parent.name}.{nodes[0].name.value} is below a planned field, and is not planned."
        )

    def _expression(self, sql: str, type_: GraphQLOutputType, path: Path, nodes: list[FieldNode]) -> Parts:
        """A value that the type's author wrote SQL for."""
        if is_composite(get_named_type(type_)):
            return self._named(sql, type_, path, nodes)
        moment = get_named_type(type_).name == "DateTime"
        return self._value(type_, MOMENT.format(sql) if moment else sql, path, nodes)

    def _named(self, expression: Part, type_: GraphQLOutputType, path: Path, nodes: list[FieldNode]) -> Parts:
        """A JSON value under an alias of its own, so that it is computed once for all of its fields."""
        alias = self.alias()
        inner = self._value(type_, f"{alias}.v", path, nodes)
        return ["(select ", *inner, " from (select ", expression, f" as v offset 0) {alias})"]

    def _value(self, type_: GraphQLOutputType, expression: str, path: Path, nodes: list[FieldNode]) -> Parts:
        """A scalar as it is, an object from JSON, or a list of these."""
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_list_type(type_) and is_composite(get_named_type(type_)):
            return self._list(type_.of_type, expression, path, nodes)
        if is_abstract_type(type_):
            return self._abstract(type_, JsonRow(expression), path, nodes)
        if is_object_type(type_):
            return self._from_json(type_, JsonRow(expression), path, nodes)
        return [expression]

    def _list(self, item: GraphQLOutputType, expression: str, path: Path, nodes: list[FieldNode]) -> Parts:
        alias = self.alias()
        try:
            inner = self._value(item, f"{alias}.v", path, nodes)
        except Denied:
            if is_non_null_type(item):
                raise
            inner = ["null::json"]
        return [
            f"(case when jsonb_typeof({expression}) = 'array' then (select coalesce(json_agg(",
            *inner,
            f" order by {alias}.n), '[]'::json) from jsonb_array_elements({expression})"
            f" with ordinality {alias}(v, n)) end)",
        ]

    def _from_json(self, type_: GraphQLObjectType, row: JsonRow, path: Path, nodes: list[FieldNode]) -> Parts:
        """An object of JSON; where its type has a table, the JSON has its `id` and the table has the rest."""
        table = table_of(type_)
        if table is None:
            inner = self.object(type_, row, path, nodes)
            return [f"(case when jsonb_typeof({row}) = 'object' then ", *inner, " end)"]
        new = self.alias()
        inner = self.object(type_, TableRow(new), path, nodes)
        # The tenants table is its own tenant: its rows have no tenant_id.
        where = "" if table.name == "tenants" else f"{new}.tenant_id = $1 and "
        return [
            "(select ",
            *inner,
            f" from {table.name} {new} where {where}{new}.id = {row.text('id')}::uuid)",
        ]

    def _abstract(
        self, type_: GraphQLAbstractType, row: JsonRow, path: Path, nodes: list[FieldNode]
    ) -> Parts:
        """A union or an interface: the JSON names the object type as `kind`."""
        parts: Parts = [f"(case {row.text('kind')}"]
        for possible in self.selector.schema.get_possible_types(type_):
            parts += [f" when '{possible.name}' then ", *self._from_json(possible, row, path, nodes)]
        return [*parts, " end)"]

    def _later(
        self, spec: Later, row: Row, path: Path, parent: GraphQLObjectType, nodes: list[FieldNode]
    ) -> Parts:
        """The row's id under a mark, and a plan that turns the list of all rows' values into their JSON."""
        # Denials are shared: their paths are those of the whole answer.
        below = Compiler(self.selector, self.scopes, self.convert, Plan(denials=self.plan.denials))
        hole = below.hole(JsonHole(spec, "", below.arguments(parent, nodes[0])))
        below.plan.parts = [
            "(select coalesce(json_agg(",
            *below._value(parent.fields[nodes[0].name.value].type, "later.v", path, nodes),
            lambda filled: (
                f" order by later.n), '[]'::json) from jsonb_array_elements({filled[hole]})"
                " with ordinality later(v, n))"
            ),
        ]
        # Two types may defer under one response key: the mark says whose row it is.
        mark = f"{len(self.plan.deferred)}:"
        self.plan.deferred.append(Deferred(path, mark, below.plan.compacted()))
        return [f"('{mark}' || {row.get('id')})"]

    def object(self, type_: GraphQLObjectType, row: Row, path: Path, nodes: list[FieldNode]) -> Parts:
        """The selected fields of an object whose row is known."""
        return json_object(
            (key, self.field(row, (*path, key), type_, below))
            for key, below in self.selector.fields(type_, nodes).items()
        )

    def arguments(self, parent: GraphQLObjectType, node: FieldNode) -> Arguments:
        definition = parent.fields[node.name.value]
        return Arguments(definition, node, definition.extensions["strawberry-definition"], self.convert)

    def hole(self, hole: Hole) -> str:
        """A name for something that the arguments of a request will fill."""
        name = f"h{len(self.plan.holes)}"
        self.plan.holes[name] = hole
        return name

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"
