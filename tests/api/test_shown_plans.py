"""What operators see of statements in development, and what nobody sees of values."""

from __future__ import annotations

import json

import pytest

from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.service import Service, serving

QUERY = """query ($title: String!, $id: ID!, $after: String) {
  tracks(first: 2, filter: { titleContains: $title, tags: ["quince"] }, orderBy: { field: TITLE }) {
    totalCount nodes { title lyrics { text } artist { evolution(metric: TRACKS) { value } } } }
  behind: tracks(first: 3, after: $after, orderBy: { field: TITLE }) { nodes { title } }
  track(id: $id) { title analysis(analyzer: "mulberry") { error } } }"""


@pytest.mark.parametrize("mode", ["sql", "explain"])
async def test_statements_are_shown_without_values(
    database_url: str, valkey_server: ValkeyServer, database: Database, mode: str
) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    words = "medlar medlar on the medlar tree"
    (track,) = await add_tracks(database, tenant, [song("Loganberry", lyrics=words, tags=["quince"])])
    async with serving(
        database_url, valkey_server.url, environment="development", show_plans=mode
    ) as service:
        page = "{ tracks(first: 1, orderBy: { field: TITLE }) { pageInfo { startCursor } } }"
        cursor = (await service.data(key, page))["tracks"]["pageInfo"]["startCursor"]
        variables = {"title": "loganberry", "id": f"trk_{track.hex}", "after": cursor}
        body = (await service.post(key, QUERY, variables)).json()
    assert body["data"]["tracks"]["nodes"][0]["lyrics"]["text"] == words
    plans = body["extensions"]["plan"]
    assert [plan["path"] for plan in plans] == [
        ["tracks"], ["tracks", "nodes", "artist", "evolution"], ["behind"], ["track"],
    ]  # fmt: skip
    for plan in plans:
        assert plan["sql"].startswith("select to_json(") or len(plan["path"]) > 1
        assert "$1" in plan["sql"]
        assert ("explain" in plan) == (mode == "explain")
    if mode == "explain":
        assert any("tracks" in line for line in plans[0]["explain"])
    told = json.dumps(plans).lower()
    secrets = (
        "loganberry",
        "medlar",
        "quince",
        "mulberry",
        track.hex,
        str(track),
        str(tenant),
        tenant.hex,
        cursor,
    )
    assert [secret for secret in secrets if secret.lower() in told] == []


async def test_nothing_is_shown_unless_asked_for(service: Service, database: Database) -> None:
    key = await new_key(database, await new_tenant(database))
    body = (await service.post(key, "{ tracks(first: 1) { totalCount } }")).json()
    assert list(body["extensions"]) == ["cost"]
