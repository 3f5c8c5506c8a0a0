"""SQL for what stands in JSON: scalars, objects, lists of these, members of unions and interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

from api.planner.faults import Place
from api.planner.plan import Part
from api.planner.rows import JsonRow, TableRow
from api.planner.sql import Parts, is_composite, table_of

if TYPE_CHECKING:
    from api.planner.compiler import Compiler


def named(
    compiler: Compiler, expression: Part, type_: GraphQLOutputType, place: Place, nodes: list[FieldNode]
) -> Parts:
    """A JSON value under an alias of its own, so that it is computed once for all of its fields."""
    alias = compiler.alias()
    inner = value(compiler, type_, f"{alias}.v", place, nodes)
    return ["(select ", *inner, " from (select ", expression, f" as v offset 0) {alias})"]


def value(
    compiler: Compiler, type_: GraphQLOutputType, expression: str, place: Place, nodes: list[FieldNode]
) -> Parts:
    """A scalar as it is, an object from JSON, or a list of these."""
    if is_non_null_type(type_):
        type_ = type_.of_type
    if is_list_type(type_) and is_composite(get_named_type(type_)):
        return list_(compiler, type_.of_type, expression, place, nodes)
    if is_abstract_type(type_):
        return abstract(compiler, type_, JsonRow(expression), place, nodes)
    if is_object_type(type_):
        return from_json(compiler, type_, JsonRow(expression), place, nodes)
    return [expression]


def list_(
    compiler: Compiler, item: GraphQLOutputType, expression: str, place: Place, nodes: list[FieldNode]
) -> Parts:
    alias, place = compiler.alias(), place.items(item)
    inner = value(compiler, item, f"{alias}.v", place, nodes)
    if is_non_null_type(item):
        inner = compiler.never_null(inner, place, nodes)
    return [
        f"(case when jsonb_typeof({expression}) = 'array' then (select coalesce(json_agg(",
        *inner,
        f" order by {alias}.n), '[]'::json) from jsonb_array_elements({expression})"
        f" with ordinality {alias}(v, n)) end)",
    ]


def from_json(
    compiler: Compiler, type_: GraphQLObjectType, row: JsonRow, place: Place, nodes: list[FieldNode]
) -> Parts:
    """An object of JSON; where its type has a table, the JSON has its `id` and the table has the rest."""
    table = table_of(type_)
    if table is None:
        inner = compiler.object(type_, row, place, nodes)
        return [f"(case when jsonb_typeof({row}) = 'object' then ", *inner, " end)"]
    new = compiler.alias()
    inner = compiler.object(type_, TableRow(new), place, nodes)
    # The tenants table is its own tenant: its rows have no tenant_id.
    where = "" if table.name == "tenants" else f"{new}.tenant_id = $1 and "
    return [
        "(select ",
        *inner,
        f" from {table.name} {new} where {where}{new}.id = {row.text('id')}::uuid)",
    ]


def abstract(
    compiler: Compiler, type_: GraphQLAbstractType, row: JsonRow, place: Place, nodes: list[FieldNode]
) -> Parts:
    """A union or an interface: the JSON names the object type as `kind`."""
    parts: Parts = [f"(case {row.text('kind')}"]
    for possible in compiler.selector.schema.get_possible_types(type_):
        parts += [f" when '{possible.name}' then ", *from_json(compiler, possible, row, place, nodes)]
    return [*parts, " end)"]
