"""From a selection to one SQL expression that builds its JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)

from api.documents.selection import Selector
from api.errors import Forbidden
from api.planner import json_values
from api.planner.arguments import Arguments, Conversion
from api.planner.connections import connection
from api.planner.deferring import deferred
from api.planner.faults import Fault, Place, mark
from api.planner.fields import PLAN, Computed, Embedded, Later, One, Paged, Single, Spec, Value
from api.planner.plan import Hole, JsonHole, Plan, SingleHole, compact, joined
from api.planner.rows import Row, TableRow
from api.planner.sql import (
    NotPlannable,
    Parts,
    definition_of,
    is_composite,
    is_moment,
    json_object,
    moment,
    named_object,
    table_of,
)
from tenancy.scopes import Scope


@dataclass(slots=True)
class Compiler:
    """Compiles the fields of one operation for one set of scopes."""

    selector: Selector
    scopes: frozenset[Scope]
    conversion: Conversion
    plan: Plan
    aliases: int = 0

    def root(self, key: str, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Plan:
        """The plan of one field of a root type, or of a Python object."""
        definition = definition_of(parent, nodes)
        place = Place.root(key, f"{parent.name}.{nodes[0].name.value}", definition.type)
        self.plan.nodes = nodes
        self.plan.non_null = is_non_null_type(definition.type)
        self.plan.parts = compact(["to_json(", *self.field(None, place, parent, nodes), ")"])
        return self.plan

    def object(self, type_: GraphQLObjectType, row: Row, place: Place, nodes: list[FieldNode]) -> Parts:
        """The selected fields of an object whose row is known."""
        return self.selected(
            type_,
            place,
            nodes,
            lambda key, below: self.field(row, self.below(place, key, type_, below), type_, below),
        )

    def selected(
        self,
        type_: GraphQLObjectType,
        place: Place,
        nodes: list[FieldNode],
        value: Callable[[str, list[FieldNode]], Parts],
    ) -> Parts:
        """An object of the `value` of each response key; the mark of a fault where a condition is null."""
        try:
            fields = self.selector.fields(type_, nodes)
        except GraphQLError as error:
            return [f"{mark(self.fault(place, nodes, error))}::json"]
        return json_object((key, value(key, below)) for key, below in fields.items())

    def below(self, place: Place, key: str, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Place:
        """The place of a field of the object at `place`."""
        definition = definition_of(type_, nodes)
        return place.below(key, f"{type_.name}.{nodes[0].name.value}", definition.type)

    def field(
        self, row: Row | None, place: Place, parent: GraphQLObjectType, nodes: list[FieldNode]
    ) -> Parts:
        """SQL for one response key: its value, or the mark of a fault."""
        name = nodes[0].name.value
        if name == "__typename":
            return [f"'{parent.name}'::text"]
        table = table_of(parent)
        if name == "id" and table is not None and row is not None:
            return [f"('{table.prefix}_' || translate({row.get('id')}::text, '-', ''))"]
        definition = parent.fields[name]
        spec = definition.extensions["strawberry-definition"].metadata.get(PLAN, Value())
        if spec.scope is not None and spec.scope not in self.scopes:
            return [f"{mark(self.fault(place, nodes, Forbidden(spec.scope)))}::json"]
        parts = self._reached(spec, row, place, parent, nodes)
        if is_non_null_type(definition.type) and may_be_null(spec, row, definition.type):
            return self.never_null(parts, place, nodes, leaf=is_leaf_type(get_named_type(definition.type)))
        return parts

    def _reached(
        self, spec: Spec, row: Row | None, place: Place, parent: GraphQLObjectType, nodes: list[FieldNode]
    ) -> Parts:
        definition = parent.fields[nodes[0].name.value]
        type_ = definition.type
        python_name: str = definition.extensions["strawberry-definition"].python_name
        match spec:
            case Paged():
                return connection(self, spec, row, place, parent, nodes)
            case Single():
                new = self.alias()
                hole = self.hole(SingleHole(spec, new, row, self.arguments(parent, nodes)), place, nodes)
                inner = self.object(named_object(type_), TableRow(new), place, nodes)
                return self.filled(hole, ["(select ", *inner, lambda filled: filled[hole], ")"])
            case Computed():
                hole = self.hole(JsonHole(spec, "", self.arguments(parent, nodes)), place, nodes)
                return self.filled(
                    hole, json_values.named(self, lambda filled: filled[hole], type_, place, nodes)
                )
            case Value(sql=None) if row is None:
                hole = self.hole(JsonHole(None, python_name, None), place, nodes)
                return json_values.named(self, lambda filled: filled[hole], type_, place, nodes)
            case Value(sql=str() as sql):
                sql = sql.format(row=row)
                if is_composite(get_named_type(type_)):
                    return json_values.named(self, sql, type_, place, nodes)
                return [moment(sql) if is_moment(type_) else sql]
        if row is None:
            raise NotPlannable(f"{place.field} needs a row, and has none.")
        match spec:
            case Value():
                value = row.get(python_name)
                if is_moment(type_) and isinstance(row, TableRow):
                    value = moment(value)
                return json_values.value(self, type_, value, place, nodes)
            case Embedded():
                return self.object(named_object(type_), row, place, nodes)
            case One(table=table, on=on):
                new = self.alias()
                inner = self.object(named_object(type_), TableRow(new), place, nodes)
                where = f"{new}.tenant_id = $1 and {on.format(row=row, new=new)}"
                return ["(select ", *inner, f" from {table} {new} where {where} limit 1)"]
            case Later():
                return deferred(self, spec, row, place, parent, nodes)
        raise NotPlannable(f"{place.field} is below a planned field, and is not planned.")

    def arguments(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Arguments:
        definition = parent.fields[nodes[0].name.value]
        field = definition.extensions["strawberry-definition"]
        return Arguments(definition, nodes[0], field, self.conversion)

    def fault(self, place: Place, nodes: list[FieldNode], error: Exception | None) -> str:
        """The name of a fault of this place."""
        name = str(len(self.plan.faults))
        self.plan.faults[name] = Fault(nodes, place.stop, error)
        return name

    def hole(self, hole: Hole, place: Place, nodes: list[FieldNode]) -> str:
        """A name for what the arguments of a request will fill, and for the fault when they can't."""
        name = self.fault(place, nodes, None)
        self.plan.holes[name] = hole
        return name

    def filled(self, hole: str, parts: Parts) -> Parts:
        """The parts; or the mark of a fault, where a request's arguments can't fill the hole."""
        inner = compact(parts)
        return [lambda filled: joined(inner, filled) if hole in filled else f"{mark(hole)}::json"]

    def never_null(self, parts: Parts, place: Place, nodes: list[FieldNode], *, leaf: bool = False) -> Parts:
        """The parts' value; or the mark of a fault, where it is null after all. A leaf is `jsonb`."""
        error = TypeError(f"Cannot return null for non-nullable field {place.field}.")
        instead = mark(self.fault(place, nodes, error))
        if leaf:
            return ["coalesce(nullif(", *parts, f", 'null'::jsonb), {instead}::jsonb)"]
        return ["coalesce(", *parts, f", {instead}::json)"]

    def another(self, plan: Plan) -> Compiler:
        """A compiler of the same selections into another plan."""
        return replace(self, plan=plan, aliases=0)

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"


def may_be_null(spec: Spec, row: Row | None, type_: GraphQLOutputType) -> bool:
    """Whether SQL can give null where the schema has none: stored JSON can, columns and their keys can't."""
    if isinstance(spec, Value) and is_leaf_type(get_named_type(type_)):
        return spec.sql is None and not isinstance(row, TableRow)
    return isinstance(spec, Value | Single | Computed)
