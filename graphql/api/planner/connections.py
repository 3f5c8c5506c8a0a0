"""SQL for a Relay connection: one page of rows, aggregated into edges, nodes, pageInfo and totalCount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLObjectType, get_nullable_type

from api.planner.faults import Place
from api.planner.fields import Paged
from api.planner.plan import PageHole
from api.planner.rows import Row, TableRow
from api.planner.sql import NotPlannable, Parts, named_object

if TYPE_CHECKING:
    from api.planner.compiler import Compiler

FLIPPED = {"asc": "desc", "desc": "asc"}


def connection(
    compiler: Compiler,
    spec: Paged,
    row: Row | None,
    place: Place,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
) -> Parts:
    """The whole connection."""
    alias = compiler.alias()
    hole = compiler.hole(PageHole(spec, alias, row, compiler.arguments(parent, nodes)), place, nodes)
    type_ = named_object(parent.fields[nodes[0].name.value].type)
    names: set[str] = set()

    def value(key: str, below: list[FieldNode]) -> Parts:
        names.add(below[0].name.value)
        return part(compiler, hole, alias, type_, compiler.below(place, key, type_, below), below)

    body = compiler.selected(type_, place, nodes, value)
    if names <= {"__typename", "totalCount"}:
        return compiler.filled(hole, ["(select ", *body, ")"])  # nothing aggregates, so no page is read
    # HAVING makes one row of the page even where nothing aggregates, as in `pageInfo { __typename }`.
    source: Parts = [" from ", lambda filled: filled[hole].source, " having true)"]
    return compiler.filled(hole, ["(select ", *body, *source])


def part(
    compiler: Compiler, hole: str, alias: str, type_: GraphQLObjectType, place: Place, nodes: list[FieldNode]
) -> Parts:
    """One field of the connection."""
    name = nodes[0].name.value
    match name:
        case "__typename":
            return [f"'{type_.name}'::text"]
        case "totalCount":
            return [lambda filled: filled[hole].total]
    definition = type_.fields[name].type
    below = named_object(definition)
    match name:
        case "nodes":
            items = place.items(get_nullable_type(definition).of_type)
            return aggregate(hole, alias, compiler.object(below, TableRow(alias), items, nodes))
        case "edges":
            items = place.items(get_nullable_type(definition).of_type)
            inner = compiler.selected(
                below,
                items,
                nodes,
                lambda key, n: edge(compiler, alias, below, compiler.below(items, key, below, n), n),
            )
            return aggregate(hole, alias, inner)
        case "pageInfo":
            return compiler.selected(
                below, place, nodes, lambda _, n: page_info(hole, alias, n[0].name.value)
            )
    raise NotPlannable(f"{type_.name}.{name} is not a part of a planned connection.")


def edge(
    compiler: Compiler, alias: str, type_: GraphQLObjectType, place: Place, nodes: list[FieldNode]
) -> Parts:
    match nodes[0].name.value:
        case "__typename":
            return [f"'{type_.name}'::text"]
        case "cursor":
            return [f"{alias}.page_cursor"]
    return compiler.object(named_object(type_.fields["node"].type), TableRow(alias), place, nodes)


def aggregate(hole: str, alias: str, inner: Parts) -> Parts:
    return [
        "coalesce(json_agg(",
        *inner,
        lambda filled: (
            f" order by {alias}.page_n {filled[hole].direction})"
            f" filter (where {alias}.page_n <= {filled[hole].size}), '[]'::json)"
        ),
    ]


def page_info(hole: str, alias: str, name: str) -> Parts:
    match name:
        case "__typename":
            return ["'PageInfo'::text"]
        case "hasNextPage":
            return [lambda filled: filled[hole].has_next]
        case "hasPreviousPage":
            return [lambda filled: filled[hole].has_previous]
    at_end = name == "endCursor"
    return [
        lambda filled: (
            f"(array_agg({alias}.page_cursor order by {alias}.page_n"
            f" {FLIPPED[filled[hole].direction] if at_end else filled[hole].direction})"
            f" filter (where {alias}.page_n <= {filled[hole].size}))[1]"
        )
    ]
