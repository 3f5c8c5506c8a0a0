"""Requests that cost much, hide something or make no sense: a coded error, and nothing else happens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tenancy.database import Database
from tenancy.scopes import Scope
from tests.builders import VERSE, Tenant, add_tracks, new_key, new_tenant, song
from tests.service import Service

ADD = """mutation ($i: AddTracksInput!) { addTracks(input: $i) {
  ... on AddTracksPayload { added tracks { id } run { id } } ... on InvalidInput { code field message } } }"""
UPDATE = """mutation ($i: UpdateTrackInput!) { updateTrack(input: $i) {
  ... on UpdateTrackPayload { track { title } } ... on InvalidInput { code field } } }"""


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    tracks = await add_tracks(database, id_, [song("One"), song("Two")])
    return Tenant(id_, tracks, await new_key(database, id_))


async def test_a_page_that_a_null_variable_hides_is_paid_for(service: Service, tenant: Tenant) -> None:
    async def cost(paging: str) -> int:
        inner = f"artist {{ tracks({paging}) {{ nodes {{ id }} }} }}"
        head = "query ($n: Int)" if "$n" in paging else "query"
        query = f"{head} {{ tracks({paging}) {{ nodes {{ {inner} }} }} }}"
        body = (await service.post(tenant.key, query)).json()
        return int(body["extensions"]["cost"]["requested"])

    assert await cost("first: $n, last: 50") == await cost("last: 50") > 2500


@pytest.mark.parametrize("directive", ["include", "skip"])
async def test_a_condition_that_is_null_is_a_mistake(
    service: Service, tenant: Tenant, directive: str
) -> None:
    query = f"query ($x: Boolean = true) {{ viewer {{ principal @{directive}(if: $x) }} }}"
    response = await service.post(tenant.key, query, {"x": None})
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_readers_key_does_not_see_other_keys(
    service: Service, database: Database, tenant: Tenant
) -> None:
    reader = await new_key(database, tenant.id, role="reader")
    own = (await service.data(reader, "{ viewer { apiKey { id } } }"))["viewer"]["apiKey"]["id"]
    admins = (await service.data(tenant.key, "{ viewer { apiKey { id } } }"))["viewer"]["apiKey"]["id"]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await service.data(reader, query, ids=[own, admins]))["nodes"] == [{"id": own}, None]
    assert (await service.data(tenant.key, query, ids=[own]))["nodes"] == [{"id": own}]


async def test_writing_is_not_reading(service: Service, database: Database, tenant: Tenant) -> None:
    writer = await new_key(database, tenant.id, Scope.TRACKS_WRITE, Scope.ANALYSES_WRITE)
    (added,) = (await service.data(writer, ADD, i={"tracks": [fields()]}))["addTracks"]["tracks"]
    for hidden in (
        "artist { tracks(first: 9) { nodes { title } } }",
        "artist { similar(first: 3) { edges { score } } }",
        "similar(first: 3) { edges { score } }",
        "analyses(first: 3) { nodes { id } }",
        "profile { mood }",
    ):
        query = f"""mutation ($i: UpdateTrackInput!) {{ updateTrack(input: $i) {{
            ... on UpdateTrackPayload {{ track {{ id {hidden} }} }} }} }}"""
        body = (await service.post(writer, query, {"i": {"id": added["id"], "album": "x"}})).json()
        assert {error["extensions"]["code"] for error in body["errors"]} == {"FORBIDDEN"}, hidden


def fields(**values: Any) -> dict[str, Any]:
    return {"title": "A new one", "artist": "Somebody", "lyrics": VERSE, **values}


@pytest.mark.parametrize(
    "values",
    [
        {"tags": ["\0"]},
        {"tags": ["t" * 101]},
        {"metadata": {"a": {"b": ["\0"]}}},
        {"metadata": {"\0": 1}},
        {"externalIds": [{"source": "s\0", "value": "v"}]},
        {"externalIds": [{"source": "s", "value": "v" * 20_000}]},
        {"language": "\0"},
        {"language": "q" * 3000},
        {"album": "\0"},
    ],
    ids=lambda values: next(iter(values)),
)
async def test_what_can_not_be_stored_says_where(
    service: Service, tenant: Tenant, values: dict[str, Any]
) -> None:
    refused = (await service.data(tenant.key, ADD, i={"tracks": [fields(**values)]}))["addTracks"]
    assert refused["code"] == "BAD_USER_INPUT"
    assert refused["field"] == f"input.tracks.0.{next(iter(values))}"


async def test_a_number_without_an_end(service: Service, tenant: Tenant) -> None:
    query = """mutation { addTracks(input: { tracks: [{ title: "t", artist: "a", lyrics: "la la",
        metadata: { x: 1e400 } }] }) { ... on InvalidInput { field } } }"""
    assert (await service.data(tenant.key, query))["addTracks"] == {"field": "input.tracks.0.metadata"}


@pytest.mark.parametrize(
    "filter_", ['titleContains: "\\u0000"', 'tags: ["\\u0000"]', 'languages: ["\\u0000"]']
)
async def test_a_nul_in_a_filter_is_named(service: Service, tenant: Tenant, filter_: str) -> None:
    query = f"{{ tracks(first: 1, filter: {{ {filter_} }}) {{ totalCount }} }}"
    (error,) = await service.errors(tenant.key, query)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "NUL" in error["message"]


async def test_a_track_given_twice_is_added_once(service: Service, tenant: Tenant) -> None:
    added = (await service.data(tenant.key, ADD, i={"tracks": [fields(), fields()]}))["addTracks"]
    assert added["added"] == 1
    assert added["tracks"][0] == added["tracks"][1]


async def test_two_tracks_do_not_become_one_at_the_same_moment(
    service: Service, database: Database, tenant: Tenant
) -> None:
    for n in range(20):  # a worker embeds them meanwhile, and must not be in the way
        songs = [song(f"Twin {n} {which}", artist="Twins", lyrics=f"{VERSE}\n{n}") for which in "ab"]
        ids = [f"trk_{id_.hex}" for id_ in await add_tracks(database, tenant.id, songs)]
        changed = await asyncio.gather(
            *(service.data(tenant.key, UPDATE, i={"id": id_, "title": f"  Same {n} "}) for id_ in ids)
        )
        results = sorted(str(each["updateTrack"]) for each in changed)
        assert results == [
            str({"code": "BAD_USER_INPUT", "field": "input.title"}), str({"track": {"title": f"Same {n}"}})
        ]  # fmt: skip


async def test_dates_far_apart_do_not_stop_the_service(service: Service, tenant: Tenant) -> None:
    far = [fields(title=day, releasedOn=day) for day in ("0001-01-01", "9999-12-31")]
    await service.data(tenant.key, ADD, i={"tracks": far})
    query = "query ($g: Granularity!) { trends(metric: TRACKS, granularity: $g) { points { period } } }"
    for granularity in ("MONTH", "QUARTER", "YEAR", "DECADE"):
        (error,) = await service.errors(tenant.key, query, g=granularity)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "narrow" in error["message"]
    query = """{ trends(metric: TRACKS, granularity: DECADE, to: "0009-01-01") {
        points { period tracks } } }"""
    (trend,) = (await service.data(tenant.key, query))["trends"]
    assert trend["points"] == [{"period": "0001-01-01", "tracks": 1}]


async def test_unknown_analyzers_are_told_what_there_is(service: Service, tenant: Tenant) -> None:
    query = """mutation { analyzeText(input: { lyrics: "la la", analyzers: ["zz"] }) {
        ... on InvalidInput { code message } } }"""
    assert (await service.data(tenant.key, query))["analyzeText"]["code"] == "BAD_USER_INPUT"
