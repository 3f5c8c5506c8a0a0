"""Documents larger than they may be: refused with the limit and the figures, before anything walks them."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import get_introspection_query

from api.documents.limits import LIMITS
from tenancy.database import Database
from tests.api.live.client import opened
from tests.builders import Tenant, add_tracks, new_key, new_tenant, song
from tests.service import Service


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, await add_tracks(database, id_, [song()]), await new_key(database, id_))


def fragments(levels: int, first: int) -> str:
    """A document that doubles with every level."""
    both = " ".join(
        f"{alias}: artist {{ tracks(first: {first}) {{ nodes {{ ...F%d }} }} }}" for alias in "ab"
    )
    parts = [f"fragment F{n} on Track {{ {both.replace('%d', str(n + 1))} }}" for n in range(levels)]
    return (
        f"query {{ tracks(first: {first}) {{ nodes {{ ...F0 }} }} }} "
        + " ".join(parts)
        + f" fragment F{levels} on Track {{ id }}"
    )


@pytest.mark.parametrize(("levels", "limit"), [(12, "fields"), (20, "depth"), (60, "depth"), (150, "tokens")])
async def test_fragments_that_double_are_counted_before_anything_walks_them(
    service: Service, tenant: Tenant, levels: int, limit: str
) -> None:
    (error,) = await service.errors(tenant.key, fragments(levels, 1))
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT_EXCEEDED", limit)


DOUBLING = " ".join(
    f"fragment F{n} on ApiKey {{ a: replacedBy {{ ...F{n + 1} }} b: replacedBy {{ ...F{n + 1} }} }}"
    for n in range(20)
)
TOO_LARGE = {
    "doubling": (
        f"{{ viewer {{ apiKey {{ ...F0 }} }} }} {DOUBLING} fragment F20 on ApiKey {{ id }}",
        "fields",
        2 + sum(2**n for n in range(1, 21)) + 2**20,
    ),
    "10,000 aliases": ("{ " + " ".join(f"a{n}:id" for n in range(10_000)) + " }", "tokens", 30_002),
    "aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(150)) + " }", "aliases", 149),
    "spread aliases": (
        "{ x: viewer { ...A } y: viewer { ...A } } fragment A on Viewer { "
        + " ".join(f"a{n}: principal" for n in range(60))
        + " }",
        "aliases",
        1 + 2 * 59,
    ),
    "10,000 directives": ("{ __typename " + "@x " * 10_000 + "}", "tokens", 20_003),
    "directives": ("{ __typename " + "@skip(if: false) " * 101 + "}", "directives", 101),
    "repeated": ("{ " + "viewer { principal } " * 500 + "}", "repeated_fields", 499),
    "breadth": ("{ " + " ".join(f"a{n}" for n in range(201)) + " }", "breadth", 201),
    "1 MB": ("{ viewer { principal } } #" + "x" * 1_000_000, "characters", 1_000_026),
    "names": ("{ viewer { " + "principal " * 5_000 + "} }", "tokens", 5_005),
    "brackets": ("{ artist(slug: " + "[" * 99 + "]" * 99 + ") { id } }", "nesting", 101),
    "chain": (
        "{ ...F0 } fragment F99 on Query { __typename } "
        + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(99)),
        "definitions",
        101,
    ),
    "operations": (" ".join(f"query Q{n} {{ __typename }}" for n in range(101)), "definitions", 101),
    "deep": ("{ " + "a { " * 70 + "b" + " }" * 71, "depth", 61),
    "deep inline": ("{ " + "a { " * 40 + "... { " * 30 + "b" + " }" * 71, "depth", 71),
    "introspection": (
        "{ __schema { types { fields { type { ...F } } } } } fragment F on __Type { fields { name } }",
        "introspection_depth",
        2,
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_what_is_too_large_is_refused_with_its_figures(
    service: Service, tenant: Tenant, name: str
) -> None:
    document, limit, found = TOO_LARGE[name]
    for over_http in (True, False):
        if over_http:
            (error,) = await service.errors(tenant.key, document)
        else:
            async with opened(service.url.replace("http", "ws") + "/graphql", tenant.key) as socket:
                await socket.subscribe("1", document)
                (error,) = (await socket.hear())["payload"]
        assert error["extensions"] == {
            "code": "LIMIT_EXCEEDED", "limit": limit, "allowed": LIMITS[limit].allowed, "found": found
        }  # fmt: skip


async def test_what_is_just_small_enough_runs(service: Service, tenant: Tenant) -> None:
    for document in (
        "{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }",
        "{ " + "viewer { principal } " * 100 + "}",
        "{ " + "... { " * 58 + "__typename" + " }" * 58 + " }",
        "{ __typename " + "# " + "x" * 90_000 + "\n}",
        get_introspection_query(input_value_deprecation=True, specified_by_url=True),
    ):
        await service.data(tenant.key, document)


async def test_fragments_that_repeat_each_other_are_read_once(service: Service, tenant: Tenant) -> None:
    # Each level names the next one twice under one key: merged they are one field, walked twice 2⁴⁰.
    levels = " ".join(
        f"fragment F{n} on ApiKey {{ replacedBy {{ ...F{n + 1} }} replacedBy {{ ...F{n + 1} }} }}"
        for n in range(20)
    )
    document = f"{{ viewer {{ apiKey {{ ...F0 }} }} }} {levels} fragment F20 on ApiKey {{ id }}"
    assert (await service.data(tenant.key, document))["viewer"] == {"apiKey": {"replacedBy": None}}


@pytest.mark.parametrize(
    "document",
    [
        "{ tracks(first: 1) { nodes "
        + "{ artist { tracks(first: 1) { nodes " * 60
        + "{ id }"
        + " } } }" * 60
        + " } }",
        "{" + "a{" * 1_200 + "b" + "}" * 1_201,
        "query { ...F0 } fragment F600 on Query { __typename } "
        + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(600)),
        "query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "query { viewer { ...A } } fragment A on Viewer { tenant { apiKeys { nodes { ...B } } } }"
        " fragment B on ApiKey { replacedBy { ...B } }",
        "query { ...Nowhere }",
        "{ __typename " + "... { " * 1_000 + "__typename" + " }" * 1_001,
        "{ "
        + "... { " * 90
        + "...F0"
        + " }" * 90
        + " } "
        + " ".join(f"fragment F{n} on Query {{ {'... { ' * 9} ...F{n + 1} {'} ' * 9} }}" for n in range(90))
        + " fragment F90 on Query { __typename }",
    ],
    ids=[
        "fields",
        "unknown fields",
        "fragments",
        "a cycle",
        "a cycle of fields",
        "no fragment",
        "inline",
        "both",
    ],
)
async def test_documents_without_a_floor_are_refused(service: Service, tenant: Tenant, document: str) -> None:
    errors = await service.errors(tenant.key, document)
    codes = {error["extensions"]["code"] for error in errors}
    assert codes in ({"GRAPHQL_VALIDATION_FAILED"}, {"LIMIT_EXCEEDED"})


async def test_what_no_request_may_cost_is_refused_for_a_point(service: Service, tenant: Tenant) -> None:
    query = "id"
    for _ in range(12):
        query = f"artist {{ tracks(first: 100) {{ nodes {{ {query} }} }} }}"
    response = await service.post(tenant.key, f"{{ tracks(first: 100) {{ nodes {{ {query} }} }} }}")
    (error,) = response.json()["errors"]
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED", "limit": "cost", "allowed": LIMITS["cost"].allowed, "found": 10**12
    }  # fmt: skip
    assert "smaller pages" in error["message"]
    assert response.json()["extensions"]["cost"]["requested"] == 1  # what reading it costs


async def test_a_list_of_ids_costs_as_many_as_it_names(service: Service, tenant: Tenant) -> None:
    id_ = f"trk_{tenant.tracks[0].hex}"

    async def cost(query: str, **variables: Any) -> int:
        body = (await service.post(tenant.key, query, variables)).json()
        return int(body["extensions"]["cost"]["requested"])

    inner = "{ ... on Track { artist { id } } }"
    by_variable = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {inner} }}"
    for count in (1, 40):
        written = ", ".join([f'"{id_}"'] * count)
        expected = 1 + 2 * count
        assert await cost(by_variable, ids=[id_] * count) == expected
        assert await cost(f"{{ nodes(ids: [{written}]) {inner} }}") == expected


async def test_variables_are_counted_before_they_are_read(service: Service, tenant: Tenant) -> None:
    query = """query ($f: TrackFilter, $x: [ID!]! = []) {
        tracks(first: 1, filter: $f) { totalCount } nodes(ids: $x) { id } }"""
    told = {"code": "LIMIT_EXCEEDED", "limit": "variables", "allowed": LIMITS["variables"].allowed}
    half = ["x"] * (LIMITS["variables"].allowed // 2)
    large: list[dict[str, Any]] = [
        {"x": half * 3},
        {"f": {"tags": half, "themes": half}},
        {"f": {"any": [[[half]], half]}},
    ]
    for variables in large:
        (error,) = await service.errors(tenant.key, query, **variables)
        assert error["extensions"] == {**told, "found": error["extensions"]["found"]}
    (error,) = await service.errors(tenant.key, query, x=half)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"  # nodes takes a hundred


@pytest.mark.parametrize(
    "field",
    [
        "tracks{} {{ nodes {{ id }} }}",
        "artists{} {{ totalCount }}",
        "runs{} {{ nodes {{ id }} }}",
        'searchTracks(query: "x"{more}) {{ edges {{ score }} }}',
        "viewer {{ tenant {{ apiKeys{} {{ nodes {{ id }} }} }} }}",
        "viewer {{ tenant {{ auditLog{} {{ nodes {{ at }} }} }} }}",
    ],
)
async def test_a_page_needs_a_size(service: Service, tenant: Tenant, field: str) -> None:
    async def error(paging: str) -> Any:
        query = field.format(f"({paging})" if paging else "", more=f", {paging}" if paging else "")
        return (await service.errors(tenant.key, f"{{ {query} }}"))[0]

    missing = await error("")
    assert missing["extensions"]["code"] == "BAD_USER_INPUT"
    assert "at most 100" in missing["message"]
    told = {"code": "BAD_USER_INPUT", "limit": "first", "allowed": 100, "found": 101}
    assert (await error("first: 101"))["extensions"] == told
