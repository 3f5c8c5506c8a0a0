"""SQL for a Relay connection: one page of rows, aggregated into edges, nodes, pageInfo and totalCount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLObjectType

from api.planner.fields import Paged
from api.planner.plan import PageHole
from api.planner.rows import Row, TableRow
from api.planner.sql import NotPlannable, Parts, Path, json_object, named_object

if TYPE_CHECKING:
    from api.planner.compiler import Compiler

FLIPPED = {"asc": "desc", "desc": "asc"}


def connection(
    compiler: Compiler,
    spec: Paged,
    row: Row | None,
    path: Path,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
) -> Parts:
    """The whole connection. Raises Denied where something in it can't be given."""
    alias = compiler.alias()
    hole = compiler.hole(PageHole(spec, alias, row, compiler.arguments(parent, nodes[0])))
    type_ = named_object(parent.fields[nodes[0].name.value].type)
    keys = compiler.selector.fields(type_, nodes)
    body = json_object(
        (key, part(compiler, hole, alias, type_, (*path, key), below)) for key, below in keys.items()
    )
    if {below[0].name.value for below in keys.values()} <= {"__typename", "totalCount"}:
        return ["(select ", *body, ")"]  # nothing aggregates, so no page is read
    return ["(select ", *body, " from ", lambda filled: filled[hole].source, ")"]


def part(
    compiler: Compiler, hole: str, alias: str, type_: GraphQLObjectType, path: Path, nodes: list[FieldNode]
) -> Parts:
    """One field of the connection."""
    name = nodes[0].name.value
    match name:
        case "__typename":
            return [f"'{type_.name}'::text"]
        case "totalCount":
            return [lambda filled: filled[hole].total]
    below = named_object(type_.fields[name].type)
    match name:
        case "nodes":
            return aggregate(hole, alias, compiler.object(below, TableRow(alias), path, nodes))
        case "edges":
            keys = compiler.selector.fields(below, nodes)
            inner = json_object(
                (key, edge(compiler, alias, below, (*path, key), n)) for key, n in keys.items()
            )
            return aggregate(hole, alias, inner)
        case "pageInfo":
            keys = compiler.selector.fields(below, nodes)
            return json_object((key, page_info(hole, alias, n[0].name.value)) for key, n in keys.items())
    raise NotPlannable(f"{type_.name}.{name} is not a part of a planned connection.")


def edge(
    compiler: Compiler, alias: str, type_: GraphQLObjectType, path: Path, nodes: list[FieldNode]
) -> Parts:
    match nodes[0].name.value:
        case "__typename":
            return [f"'{type_.name}'::text"]
        case "cursor":
            return [f"{alias}.page_cursor"]
    return compiler.object(named_object(type_.fields["node"].type), TableRow(alias), path, nodes)


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
