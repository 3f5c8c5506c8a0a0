"""The same schema, executed by plain graphql-core: the contract's text, and resolvers over rows in memory.

Nothing of the planner is used here, nor of the types: whatever both agree on, two programs have found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, GraphQLScalarType, GraphQLSchema, build_schema

from tenancy.limits import Charge
from tenancy.principals import Principal
from tests.differential.errors import Refused, missing
from tests.differential.rows import Row, Rows

CONTRACT = Path(__file__).parents[2] / "graphql" / "schema.graphql"
# What needs a model or other processes' counts: see test_planner.
LEFT_OUT = {
    "Query.searchTracks", "Query.recommendTracks", "Track.similar", "Artist.similar", "Tenant.usage",
    "Query.trends.from", "Artist.evolution.key", "Query.trends.to", "Query.trends.filter",
}  # fmt: skip
SCOPES = {
    "Query.node": "tracks:read", "Query.nodes": "tracks:read", "Query.artist": "tracks:read",
    "Query.artists": "tracks:read", "Query.track": "tracks:read", "Query.tracks": "tracks:read",
    "Query.analyzers": "tracks:read", "Query.run": "tracks:read", "Query.runs": "tracks:read",
    "Query.trends": "tracks:read", "Artist.tracks": "tracks:read", "Artist.profile": "tracks:read",
    "Artist.evolution": "tracks:read", "Track.lyrics": "lyrics:read", "Track.profile": "tracks:read",
    "Track.analyses": "tracks:read", "Track.analysis": "tracks:read", "AnalysisRun.analyses": "tracks:read",
    "Evidence.text": "lyrics:read", "RhymePair.firstWord": "lyrics:read",
    "RhymePair.secondWord": "lyrics:read", "Tenant.apiKeys": "admin:keys", "Tenant.auditLog": "admin:keys",
    "Tenant.members": "admin:members", "Tenant.modelPolicy": "admin:models",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reference resolver finds in its context; `recorded` holds what services answered."""

    rows: Rows
    principal: Principal
    charge: Charge
    recorded: dict[tuple[Any, ...], Any]


Resolver = Callable[..., Any]


def build(resolvers: dict[str, Resolver]) -> GraphQLSchema:
    """The contract without what is left out; a field without a resolver is the row's value of its name."""
    schema = build_schema(CONTRACT.read_text(encoding="utf-8"))
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            prune(type_)
            for name, field in type_.fields.items():
                place = f"{type_.name}.{name}"
                inner = resolvers.get(place) or resolvers.get(f"*.{name}") or column(name)
                field.resolve = guarded(inner, SCOPES.get(place))
    for name in ("Node", "AnalysisDetails"):
        schema.type_map[name].resolve_type = lambda row, *_: row["kind"]  # type: ignore[attr-defined]
    moment, day = schema.type_map["DateTime"], schema.type_map["Date"]
    assert isinstance(moment, GraphQLScalarType)
    assert isinstance(day, GraphQLScalarType)
    moment.coerce_output_value = written
    day.coerce_output_value = date.isoformat
    day.coerce_input_value = read_day
    return schema


def prune(type_: GraphQLObjectType) -> None:
    for name, field in list(type_.fields.items()):
        if f"{type_.name}.{name}" in LEFT_OUT:
            del type_.fields[name]
        for argument in list(field.args):
            if f"{type_.name}.{name}.{argument}" in LEFT_OUT:
                del field.args[argument]


def column(name: str) -> Resolver:
    key = re.sub("([A-Z])", r"_\1", name).lower()
    return lambda row, _: row.get(key)


def guarded(resolve: Resolver, scope: str | None) -> Resolver:
    def resolved(source: Row, info: Any, **arguments: Any) -> Any:
        if scope is not None and scope not in info.context.principal.scopes:
            raise missing(scope)
        return resolve(source, info, **arguments)

    return resolved


def written(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        why = error if isinstance(value, str) else "Expected a string."
        raise Refused(f'Value cannot represent a Date: "{value}". {why}') from error
