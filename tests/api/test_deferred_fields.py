"""Fields that Python gives once the statement has run, beside and below those that Postgres gives."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from tenancy.database import Database
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.service import Service

# Below a deferred field there is another one.
QUERY = """{ tracks(first: 3, orderBy: { field: TITLE }) { nodes { title metadata
  artist { evolution(metric: TRACKS) { value tracks behind(first: 1) { nodes { metadata
    artist { evolution(metric: TRACKS) { value tracks } } } } } } } } }"""
METADATA = '{"isan": 123456789012345678901234567890, "gain": 1.10}'


async def test_what_postgres_says_is_passed_on_to_the_last_digit(
    service: Service, database: Database
) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    songs = [song(title, artist="Ida", released_on=date(2011, 5, 6)) for title in "ABC"]
    await add_tracks(database, tenant, songs)
    async with database.transaction(tenant) as session:
        await session.execute(text("update tracks set metadata = cast(:all as jsonb)"), {"all": METADATA})
    response = await service.post(key, QUERY)
    body = response.json()
    assert "errors" not in body
    assert response.text.count('"isan": 123456789012345678901234567890') == 6
    assert response.text.count('"gain": 1.10') == 6
    for node in body["data"]["tracks"]["nodes"]:
        (point,) = node["artist"]["evolution"]
        assert (point["value"], point["tracks"]) == (3, 3)
        (below,) = point["behind"]["nodes"]
        assert below["artist"]["evolution"] == [{"value": 3, "tracks": 3}]
