"""Trends through the running service: the tracks behind each point, and artists side by side."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from app.catalog.models import Track
from tenancy.database import Database
from tests.api.live.client import opened
from tests.api.test_subscriptions import address
from tests.builders import RUSSIAN_VERSE, Tenant, add_tracks, new_key, new_tenant, song
from tests.service import Service

BEHIND = """query ($filter: TrackFilter) { trends(metric: THEME, filter: $filter) {
  key tracks(first: 9) { totalCount nodes { title } }
  points { period tracks behind(first: 9) { totalCount nodes { title } } } } }"""
SIDE_BY_SIDE = """query ($ann: ID!, $bob: ID!) {
  ann: trends(metric: THEME, filter: { artists: [$ann] }) { ...Compared }
  bob: trends(metric: THEME, filter: { artists: [$bob] }) { ...Compared }
  artists(first: 9, orderBy: { field: NAME }) { nodes { name
    street: evolution(metric: THEME, key: "street") { period value share }
    commonest: evolution(metric: THEME) { value } } } }
fragment Compared on Trend { key change slope confidence direction points { period share } }"""
CHANGES = """subscription { analysisEvents { __typename
  ... on TrendsChanged { changes { metric from to } } } }"""


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    songs = [
        song("First", artist="Ann", released_on=date(1999, 5, 1), language="en"),
        song("Second", artist="Ann", released_on=date(2000, 5, 1), language="en"),
        song("Third", artist="Bob", released_on=date(2000, 7, 1), lyrics=RUSSIAN_VERSE),
    ]
    themes = [["street"], ["street", "loss"], ["faith"]]
    tenant = Tenant(id_, await add_tracks(database, id_, songs), await new_key(database, id_))
    for track, names in zip(tenant.tracks, themes, strict=True):
        profile = {"themes": [{"kind": "theme", "name": n, "confidence": 1} for n in names]}
        async with database.transaction(id_) as session:
            await session.execute(
                update(Track).where(Track.id == track).values(profile=profile | {"analyzers": ["themes"]})
            )
    return tenant


@pytest.mark.parametrize(
    "filter", [None, {"languages": ["en"]}, {"languages": ["en"], "releasedFrom": "1999-01-01"}]
)
async def test_every_point_names_its_tracks(
    service: Service,
    tenant: Tenant,
    filter: dict[str, Any] | None,  # noqa: A002
) -> None:
    series = (await service.data(tenant.key, BEHIND, filter=filter))["trends"]
    street = next(each for each in series if each["key"] == "street")
    assert street["tracks"] == {"totalCount": 2, "nodes": [{"title": "Second"}, {"title": "First"}]}
    assert [(p["tracks"], p["behind"]["nodes"]) for p in street["points"]] == [
        (1, [{"title": "First"}]),
        (1, [{"title": "Second"}]),
    ]
    assert ("faith" in {each["key"] for each in series}) is (filter is None)


async def test_artists_side_by_side(service: Service, database: Database, tenant: Tenant) -> None:
    artists = "{ artists(first: 9, orderBy: { field: NAME }) { nodes { id } } }"
    ann, bob = ((node["id"]) for node in (await service.data(tenant.key, artists))["artists"]["nodes"])
    found = await service.data(tenant.key, SIDE_BY_SIDE, ann=ann, bob=bob)
    assert [trend["key"] for trend in found["ann"]] == ["street", "loss"]
    assert [trend["key"] for trend in found["bob"]] == ["faith"]
    assert found["artists"]["nodes"] == [
        {
            "name": "Ann",
            "street": [
                {"period": "1999-01-01", "value": 1, "share": 1},
                {"period": "2000-01-01", "value": 1, "share": 1},
            ],
            "commonest": [{"value": 1}, {"value": 1}],
        },
        {
            "name": "Bob",
            "street": [{"period": "2000-01-01", "value": 0, "share": 0}],
            "commonest": [{"value": 1}],
        },
    ]


async def test_deleting_is_reflected_at_once_and_told(service: Service, tenant: Tenant) -> None:
    remove = "mutation ($i: DeleteTracksInput!) { deleteTracks(input: $i) { __typename } }"
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("1", CHANGES)
        await service.data(tenant.key, remove, i={"ids": [f"trk_{tenant.tracks[0].hex}"]})
        wanted = [
            {"metric": "THEME", "from": "1999-05-01", "to": "1999-05-31"},
            {"metric": "TRACKS", "from": "1999-05-01", "to": "1999-05-31"},
        ]
        told = None  # what was written before may still be on its way
        while told != {"__typename": "TrendsChanged", "changes": wanted}:
            told = (await socket.hear())["payload"]["data"]["analysisEvents"]
    series = (await service.data(tenant.key, BEHIND))["trends"]
    assert [point["period"] for point in series[0]["points"]] == ["2000-01-01"]
