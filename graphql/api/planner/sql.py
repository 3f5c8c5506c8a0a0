"""Small pieces that both compilers share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    TypeNameMetaFieldDef,
    get_named_type,
    is_abstract_type,
    is_object_type,
)

from api.planner.fields import TABLE, Table
from api.planner.plan import Part

Parts = list[Part]

MOMENT = "to_char({0} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


class NotPlannable(TypeError):
    """The schema is wrong: below a planned field every field has to be planned."""


def json_object(fields: Iterable[tuple[str, Parts]]) -> Parts:
    """`json_object('key' : value, …)`: unlike json_build_object it takes any number of keys."""
    parts: Parts = []
    for key, value in fields:
        parts += [f"{', ' if parts else ''}'{key}' : ", *value]
    return ["json_object(", *parts, " returning json)"]


def named_object(type_: GraphQLOutputType) -> GraphQLObjectType:
    named = get_named_type(type_)
    if not isinstance(named, GraphQLObjectType):
        raise NotPlannable(f"{named.name} is not an object type.")
    return named


def is_composite(type_: Any) -> bool:
    return is_object_type(type_) or is_abstract_type(type_)


def table_of(type_: GraphQLObjectType) -> Table | None:
    table: Table | None = getattr(type_.extensions["strawberry-definition"].origin, TABLE, None)
    return table


def is_moment(type_: GraphQLOutputType) -> bool:
    return bool(get_named_type(type_).name == "DateTime")


def moment(sql: str) -> str:
    return MOMENT.format(sql)


def definition_of(type_: GraphQLObjectType, nodes: list[FieldNode]) -> GraphQLField:
    name = nodes[0].name.value
    return TypeNameMetaFieldDef if name == "__typename" else type_.fields[name]
