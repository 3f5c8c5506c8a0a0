"""Reading artists and tracks through the running service."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, update

from app.analysis.models import Analysis
from app.catalog.models import Track
from app.catalog.new_track import ExternalIdentifier
from tenancy.database import Database
from tests.builders import RUSSIAN_VERSE, VERSE, add_tracks, new_key, new_tenant, song
from tests.service import Service


async def test_a_track_with_all_that_belongs_to_it(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [
        song("Harbor Lamps", artist="Ida Nord", lyrics=VERSE, album="Salt", popularity=40,
             released_on=date(2011, 5, 6), explicit=False, tags=("sea", "grief"), metadata={"label": "Own"},
             external_ids=(ExternalIdentifier("isrc", "XX1"), ExternalIdentifier("spotify", "abc", "https://x/abc")))
    ])  # fmt: skip
    data = await service.data(
        key,
        """{ tracks(first: 1) { totalCount nodes {
             title album releasedOn language explicit popularity tags metadata profile { mood }
             externalIds { source value url } artist { name slug trackCount }
             lyrics { wordCount text lines { number text } sections { kind startLine endLine } } } } }""",
    )
    (track,) = data["tracks"]["nodes"]
    lyrics = track.pop("lyrics")
    assert track == {
        "title": "Harbor Lamps", "album": "Salt", "releasedOn": "2011-05-06", "language": "en",
        "explicit": False,
        "popularity": 40, "tags": ["sea", "grief"], "metadata": {"label": "Own"}, "profile": None,
        "externalIds": [{"source": "isrc", "value": "XX1", "url": None},
                        {"source": "spotify", "value": "abc", "url": "https://x/abc"}],
        "artist": {"name": "Ida Nord", "slug": "ida-nord", "trackCount": 1},
    }  # fmt: skip
    assert lyrics["text"] == VERSE
    assert [line["text"] for line in lyrics["lines"]] == VERSE.split("\n")
    assert [line["number"] for line in lyrics["lines"]] == list(range(1, 10))
    assert lyrics["wordCount"] == len(VERSE.split())
    assert [(s["startLine"], s["endLine"]) for s in lyrics["sections"]] == [(1, 4), (6, 9)]


ORDERS: list[tuple[str, Any]] = [
    ("CREATED_AT", None),
    ("TITLE", lambda track: track["title"]),
    ("RELEASED_ON", lambda track: track["releasedOn"] or ""),
    ("POPULARITY", lambda track: -1 if track["popularity"] is None else track["popularity"]),
]


@pytest.mark.parametrize(("field", "key_of"), ORDERS)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_forward_and_backward_hold_every_track_once(
    service: Service, database: Database, field: str, key_of: Any, direction: str
) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    songs = [
        song(f"T{n % 4}", released_on=None if n % 3 == 0 else date(2000 + n % 5, 1, 1),
             popularity=None if n % 4 == 0 else n % 3)
        for n in range(11)
    ]  # fmt: skip
    await add_tracks(database, tenant, songs)
    query = """query ($first: Int, $after: String, $last: Int, $before: String, $order: TrackOrder) {
        tracks(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
          totalCount edges { cursor node { id title releasedOn popularity } }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    order = {"field": field, "direction": direction}
    forward: list[dict[str, Any]] = []
    after = None
    for page in range(4):
        tracks = (await service.data(key, query, first=3, after=after, order=order))["tracks"]
        assert tracks["totalCount"] == 11
        assert tracks["pageInfo"]["hasNextPage"] is (page < 3)
        assert tracks["pageInfo"]["hasPreviousPage"] is (page > 0)
        assert tracks["pageInfo"]["startCursor"] == tracks["edges"][0]["cursor"]
        after = tracks["pageInfo"]["endCursor"]
        forward += [edge["node"] for edge in tracks["edges"]]
    assert len({track["id"] for track in forward}) == len(forward) == 11
    if key_of is not None:
        assert [key_of(t) for t in forward] == sorted(map(key_of, forward), reverse=direction == "DESC")
    backward: list[dict[str, Any]] = []
    before = None
    while True:
        tracks = (await service.data(key, query, last=4, before=before, order=order))["tracks"]
        backward[:0] = [edge["node"] for edge in tracks["edges"]]
        before = tracks["pageInfo"]["startCursor"]
        if not tracks["pageInfo"]["hasPreviousPage"]:
            break
    assert backward == forward


async def test_filters_narrow_and_count(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [
        song("Winter Road", artist="A", released_on=date(1999, 1, 1), tags=("x",), explicit=True),
        song("Summer Road", artist="B", language="en", released_on=date(2009, 1, 1), tags=("x", "y")),
        song("Зимняя дорога", artist="B", released_on=date(2019, 1, 1), lyrics=RUSSIAN_VERSE),
    ])  # fmt: skip
    artist = (await service.data(key, '{ artist(slug: "b") { id } }'))["artist"]["id"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"languages": ["ru"]}, ["Зимняя дорога"]),
        ({"titleContains": "ROAD"}, ["Winter Road", "Summer Road"]),
        ({"releasedFrom": "2000-01-01", "releasedTo": "2010-01-01"}, ["Summer Road"]),
        ({"tags": ["y"]}, ["Summer Road"]),
        ({"explicit": True}, ["Winter Road"]),
        ({"artists": [artist], "languages": ["en"]}, ["Summer Road"]),
        ({"artists": []}, []),
        ({"themes": ["love"]}, []),
        ({"sentiments": ["NEGATIVE"]}, []),
    ]
    query = "query ($f: TrackFilter) { tracks(first: 9, filter: $f) { totalCount nodes { title } } }"
    for wanted, titles in cases:
        tracks = (await service.data(key, query, f=wanted))["tracks"]
        assert [node["title"] for node in tracks["nodes"]] == titles, wanted
        assert tracks["totalCount"] == len(titles), wanted


async def test_filters_by_what_analyzers_say(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    tracks = await add_tracks(database, tenant, [song(name) for name in ("Calm", "Rude", "Bare", "Mended")])
    calm, rude, _, mended = tracks
    found = [(calm, False, 0.2), (rude, True, 0.7), (mended, True, 0.5), (mended, False, 0.5)]
    for track, explicit, technique in found:
        async with database.transaction(tenant) as session:
            await session.execute(
                insert(Analysis).values(
                    tenant_id=tenant, track_id=track, analyzer="content", analyzer_version="1",
                    status="COMPLETED", details={"explicit": explicit}, input_hash="x", duration_ms=1,
                )
            )  # fmt: skip
            await session.execute(
                update(Track).where(Track.id == track).values(profile={"technique": technique})
            )
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"foundExplicit": True}, ["Rude"]),
        ({"foundExplicit": False}, ["Calm", "Mended"]),  # of Mended, what its newest analysis says
        ({"scores": [{"score": "TECHNIQUE"}]}, ["Calm", "Rude", "Mended"]),
        ({"scores": [{"score": "TECHNIQUE", "atLeast": 0.2, "atMost": 0.5}]}, ["Calm", "Mended"]),
        (
            {"scores": [{"score": "TECHNIQUE", "atMost": 0.6}, {"score": "TECHNIQUE", "atLeast": 0.4}]},
            ["Mended"],
        ),
        ({"scores": [{"score": "TECHNIQUE", "atLeast": 0.6, "atMost": 0.4}]}, []),
        ({"scores": [{"score": "VOCABULARY", "atLeast": 0}]}, []),
        ({"scores": []}, ["Calm", "Rude", "Bare", "Mended"]),
    ]
    query = """query ($f: TrackFilter) { tracks(first: 9, filter: $f) { nodes { title } }
        searchTracks(query: "harbor lamps", first: 9, filter: $f) { edges { node { title } } } }"""
    for wanted, titles in cases:
        data = await service.data(key, query, f=wanted)
        assert [node["title"] for node in data["tracks"]["nodes"]] == titles, wanted
        assert {edge["node"]["title"] for edge in data["searchTracks"]["edges"]} == set(titles), wanted


async def test_artists_by_slug_and_in_order(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [song(artist="Béla  K"), song(artist="béla k"), song(artist="Анна")])
    data = await service.data(key, "{ artists(first: 5) { nodes { name slug trackCount } } }")
    assert data["artists"]["nodes"] == [
        {"name": "Béla  K", "slug": "béla-k", "trackCount": 2},
        {"name": "Анна", "slug": "анна", "trackCount": 1},
    ]
    missing = await service.data(key, '{ artist(slug: "nobody") { name } }')
    assert missing == {"artist": None}


async def test_nodes_by_global_id(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [song("One")])
    track = (await service.data(key, "{ tracks(first: 1) { nodes { id artist { id } } } }"))["tracks"][
        "nodes"
    ][0]
    ids = [track["artist"]["id"], "nonsense", track["id"], "trk_" + "0" * 32]
    data = await service.data(
        key,
        "query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename id ... on Track { title } }"
        " node(id: $id) { ... on Track { title artist { name } } } }",
        ids=ids,
        id=track["id"],
    )
    assert [node and node["__typename"] for node in data["nodes"]] == ["Artist", None, "Track", None]
    assert data["nodes"][2]["title"] == "One"
    assert data["node"]["title"] == "One"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("", "first or last"),
        ("(first: 1, last: 1)", "first or last"),
        ("(first: 101)", "0 to 100"),
        ("(last: -1)", "0 to 100"),
        ('(first: 1, after: "???")', "cursor"),
        ('(first: 1, after: "WzEsMl0")', "cursor"),
    ],
)
async def test_unusable_pages_are_told(
    service: Service, database: Database, arguments: str, says: str
) -> None:
    key = await new_key(database, await new_tenant(database))
    (error,) = await service.errors(key, f"{{ tracks{arguments} {{ nodes {{ id }} }} }}")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert says in error["message"]
    assert error["path"] == ["tracks"]


async def test_a_cursor_of_another_order_is_told(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [song("Not a date"), song()])
    by_title = await service.data(
        key, "{ tracks(first: 1, orderBy: { field: TITLE }) { pageInfo { endCursor } } }"
    )
    cursor = by_title["tracks"]["pageInfo"]["endCursor"]
    (error,) = await service.errors(
        key, "query ($c: String) { tracks(first: 1, after: $c) { nodes { id } } }", c=cursor
    )
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_selections_are_merged_skipped_and_aliased(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [song("Only", artist="Solo")])
    query = """query ($yes: Boolean!, $no: Boolean!) {
        all: tracks(first: 1) { ...Part nodes { again: title artist { slug } id @include(if: $no) } }
        tracks(first: 0) { nodes { id } pageInfo { hasNextPage } }
        __typename }
        fragment Part on TrackConnection {
          nodes { title @skip(if: $no) artist { name @include(if: $yes) } } }"""
    data = await service.data(key, query, yes=True, no=False)
    expected = {"title": "Only", "artist": {"name": "Solo", "slug": "solo"}, "again": "Only"}
    assert data["all"]["nodes"] == [expected]
    assert list(data["all"]["nodes"][0]) == ["title", "artist", "again"]
    assert data["tracks"] == {"nodes": [], "pageInfo": {"hasNextPage": True}}
    assert list(data) == ["all", "tracks", "__typename"]
    other = await service.data(key, query, yes=False, no=True)
    assert list(other["all"]["nodes"][0]) == ["artist", "again", "id"]
