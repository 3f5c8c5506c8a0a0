"""Every field of the schema can be selected, and what it gives is what its type says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
)

from api.schema import schema
from app.analysis import runs
from app.cli import demo
from tenancy.database import Database
from tests.builders import Tenant, add_tracks, new_key, new_tenant
from tests.service import Service

GRAPHQL = schema._schema
DEPTH = 6
ANY_NODE_DEPTH = 3  # with every type of node at once, a document grows fast
# Values of required arguments, and pages of connections.
VALUES = {
    "first": "2", "query": '"losing someone"', "metric": "THEME", "analyzer": '"rhyme"',
    "from": '"2026-01-01"', "to": '"2026-01-03"', "id": "$id", "ids": "[$id]", "seeds": "[$id]",
}  # fmt: skip


def selection(type_: Any, depth: int, seen: tuple[str, ...] = ()) -> str:
    """All fields of a type, down to `depth`; a type inside itself is cut short at its leaves."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if is_abstract_type(named):
        types = GRAPHQL.get_possible_types(named)
        parts = [f"... on {t.name} {selection(t, depth, seen)}" for t in types]
        return "{ __typename " + " ".join(parts) + " }"
    fields = ["__typename"]
    for name, field in named.fields.items():
        below = get_named_type(field.type)
        if is_leaf_type(below):
            # A name of its own, since members of a union may give one name different types.
            fields.append(f"{named.name}_{name}: {name}{arguments(name, field)}")
        elif depth > 0 and below.name not in seen:
            inside = selection(below, depth - 1, (*seen, named.name))
            fields.append(f"{named.name}_{name}: {name}{arguments(name, field)} {inside}")
    return "{ " + " ".join(fields) + " }"


def arguments(name: str, field: GraphQLField) -> str:
    given = {n: VALUES[n] for n, a in field.args.items() if is_required_argument(a) or n == "first"}
    if name == "artist" and "slug" in field.args:
        given = {"slug": '"marla-quay"'}
    return "(" + ", ".join(f"{n}: {v}" for n, v in given.items()) + ")" if given else ""


def check(value: Any, type_: GraphQLOutputType, path: str) -> None:
    """`value` is an answer of `type_`: no null where none may be, and leaves of their kinds."""
    if is_non_null_type(type_):
        assert value is not None, path
        type_ = type_.of_type
    if value is None:
        return
    if is_list_type(type_):
        assert isinstance(value, list), path
        for index, item in enumerate(value):
            check(item, type_.of_type, f"{path}.{index}")
    elif is_leaf_type(type_):
        # Serialising what a leaf parses to gives the leaf back: so it had the format of its type.
        if type_.name != "JSON":
            type_.coerce_output_value(type_.coerce_input_value(value))
    else:
        assert value["__typename"] in {t.name for t in possible(type_)}, path
        actual = GRAPHQL.type_map[value["__typename"]]
        assert isinstance(actual, GraphQLObjectType)
        for key, item in value.items():
            if key != "__typename":
                name = key.removeprefix(f"{actual.name}_")
                check(item, actual.fields[name].type, f"{path}.{key}")


def possible(type_: Any) -> list[GraphQLObjectType]:
    return [type_] if is_object_type(type_) else list(GRAPHQL.get_possible_types(type_))


@pytest.fixture(scope="module")
async def analysed(service: Service, database: Database) -> Tenant:
    """A tenant with some of the demo's songs, embedded and analysed by the worker."""
    tenant = await new_tenant(database)
    songs = [song for song in demo.tracks("northside") if song.artist in ("Marla Quay", "Рита Озерова")]
    tracks = await add_tracks(database, tenant, songs)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks)
    async with asyncio.timeout(90):
        while True:
            async with database.reading(tenant) as connection:
                done = await connection.fetchval(
                    "select finished_at is not null from runs where id = $1", run
                )
                embedded = await connection.fetchval("select count(distinct track_id) from passages")
            if done and embedded == len(tracks):
                return Tenant(tenant, tracks, await new_key(database, tenant))
            await asyncio.sleep(0.1)


QUERY = GRAPHQL.query_type
assert QUERY is not None


@pytest.mark.parametrize("name", list(QUERY.fields))
async def test_every_field_answers_by_its_type(service: Service, analysed: Tenant, name: str) -> None:
    assert QUERY is not None
    field = QUERY.fields[name]
    some = "{ tracks(first: 1) { nodes { id } } runs(first: 1) { nodes { id } } }"
    data = await service.data(analysed.key, some)
    id_ = data["runs" if name == "run" else "tracks"]["nodes"][0]["id"]
    depth = ANY_NODE_DEPTH if is_abstract_type(get_named_type(field.type)) else DEPTH
    call = f"{name}{arguments(name, field)} {selection(field.type, depth)}"
    header = "query ($id: ID!)" if "$id" in call else "query"
    value = (await service.data(analysed.key, f"{header} {{ {call} }}", id=id_))[name]
    assert value, "this proves nothing when it is empty"
    check(value, field.type, name)


async def test_the_analyses_of_the_demo_say_something(service: Service, analysed: Tenant) -> None:
    nodes = (
        await service.data(
            analysed.key,
            """{ tracks(first: 50) { nodes {
                 title language profile { sentiment themes { name } technique agreement }
                 analyses(first: 9) { nodes { analyzer { name } status evidence { startLine endLine text }
                   details { __typename ... on RhymeDetails { scheme density } } } }
                 lyrics { lines { text } } } } }""",
        )
    )["tracks"]["nodes"]
    assert {node["language"] for node in nodes} == {"en", "ru"}
    for node in nodes:
        analyses = {a["analyzer"]["name"]: a for a in node["analyses"]["nodes"]}
        assert sorted(analyses) == ["content", "emotion", "rhyme", "themes", "vocabulary"]
        assert {a["status"] for a in analyses.values()} <= {"COMPLETED", "DEGRADED"}
        assert analyses["rhyme"]["details"]["density"] > 0.3, node["title"]
        assert node["profile"]["technique"] is not None
        lines = [line["text"] for line in node["lyrics"]["lines"]]
        for analysis in analyses.values():
            for item in analysis["evidence"]:
                assert item["text"] == "\n".join(lines[item["startLine"] - 1 : item["endLine"]])


async def test_a_reader_gets_no_word_of_the_lyrics_by_way_of_analyses(
    service: Service, database: Database, analysed: Tenant
) -> None:
    reader = await new_key(database, analysed.id, role="reader")
    query = """{ tracks(first: 1) { nodes { analyses(first: 9) { nodes { evidence { startLine text }
        details { ... on RhymeDetails { pairs { firstLine strength firstWord secondWord } } } } } } } }"""
    body = (await service.post(reader, query)).json()
    assert {error["extensions"]["code"] for error in body["errors"]} == {"FORBIDDEN"}
    (track,) = body["data"]["tracks"]["nodes"]
    pairs = [pair for each in track["analyses"]["nodes"] for pair in (each["details"] or {}).get("pairs", [])]
    assert pairs
    assert {(pair["firstWord"], pair["secondWord"]) for pair in pairs} == {(None, None)}
    assert {e["text"] for each in track["analyses"]["nodes"] for e in each["evidence"]} == {None}
