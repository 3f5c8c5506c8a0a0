"""Passages move to a partition of their own and back: none is lost or doubled, whoever writes or dies."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import orjson
import pytest

from app.catalog import tracks
from app.catalog.filters import TrackFilter
from app.search import moving
from app.search.homes import SHARED, Homes, settle
from app.search.search import SearchMode, SearchService
from tenancy.database import Database, driver_of
from tests.builders import VERSE, add_tracks, song
from tests.embedding import embed
from tests.integration.search.homes import EMBEDDER, SPACE, home_of, passages, tenant
from tests.killed import killed_in_the_middle

__all__ = ["tenant"]


async def test_a_tenant_moves_as_it_grows_and_back_as_it_shrinks(database: Database, tenant: UUID) -> None:
    before = await passages(database, tenant, SHARED)
    search = SearchService(Homes(database, [EMBEDDER]))
    queries = ("songs about losing someone", "деньги", "overdarft", '"two speakers"')
    pages = [await search.search(tenant, query, mode) for query in queries for mode in SearchMode]
    assert all(page.total_is_exact for page in pages)

    async def same() -> bool:
        again = [await search.search(tenant, query, mode) for query in queries for mode in SearchMode]
        return [page.matches for page in again] == [page.matches for page in pages]

    await moving.see_to(database, tenant, [SPACE], len(before))
    assert await home_of(database, tenant) == SHARED  # exactly as many are not more
    await moving.see_to(database, tenant, [SPACE], len(before) - 1)
    assert await home_of(database, tenant) == tenant
    assert await passages(database, tenant, tenant) == before
    assert await passages(database, tenant, SHARED) == []
    # The index holds fewer passages than it looks at: it has to find what all comparisons find.
    assert await same()
    page = await search.search(tenant, queries[0])
    assert not page.total_is_exact  # who asks the index can't know
    assert (await search.search(tenant, queries[0], SearchMode.LEXICAL)).total_is_exact
    assert (await search.search(tenant, queries[0], filter=TrackFilter(languages=["ru"]))).total_is_exact
    await moving.see_to(database, tenant, [SPACE], len(before) * 2)
    assert await home_of(database, tenant) == tenant  # not below half: it would go to and fro
    await moving.see_to(database, tenant, [SPACE], len(before) * 2 + 2)
    assert await home_of(database, tenant) == SHARED
    assert await passages(database, tenant, SHARED) == before
    assert await passages(database, tenant, tenant) == []
    await moving.see_to(database, tenant, [SPACE], len(before) - 1)  # into the partition that is there
    assert await passages(database, tenant, tenant) == before
    assert await same()


async def test_the_index_is_used_in_the_partition(database: Database, tenant: UUID, owner_url: str) -> None:
    await moving.see_to(database, tenant, [SPACE], 100)
    async with database.reading(tenant) as connection:
        # Comparing these few is as cheap: what counts is that the index can answer.
        await connection.execute("set enable_seqscan = off; set enable_sort = off")
        vector = await connection.fetchval(
            "select embedding::text from passages where tenant_id = $1", tenant
        )
        plan = await connection.fetch(
            f"explain select track_id from passages where home = '{tenant}' and tenant_id = '{tenant}'"
            f" and space = '{SPACE.name}'"
            f" order by embedding::halfvec(512) <=> '{vector}'::halfvec(512) limit 9"
        )
        await connection.execute("reset enable_seqscan; reset enable_sort")
    assert any("_near on passages_" in row[0] for row in plan), plan


async def test_writers_go_on_meanwhile(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "BATCH", 7)
    changed = await add_tracks(database, tenant, [song(lyrics=f"{VERSE}\n{n}") for n in range(8)])
    await embed(database, tenant, changed, EMBEDDER)

    async def write() -> None:
        for track in changed[:6]:
            async with database.transaction(tenant) as session:
                await tracks.update(session, tenant, track, {}, f"Other words\nof {track}\n{VERSE}")
            await embed(database, tenant, [track], EMBEDDER)
            await embed(database, tenant, await add_tracks(database, tenant, [song()]), EMBEDDER)
        async with database.transaction(tenant) as session:
            await tracks.delete(session, tenant, changed[6:])

    search = SearchService(Homes(database, [EMBEDDER]))

    async def read() -> None:
        for _ in range(20):
            page = await search.search(tenant, "Two Suitcases", first=30)
            ids = [match.track_id for match in page.matches]
            assert len(ids) == len(set(ids)) >= 20
            await asyncio.sleep(0.01)

    await asyncio.gather(moving.see_to(database, tenant, [SPACE], 50), write(), read())
    assert await home_of(database, tenant) == tenant
    kept = await passages(database, tenant, tenant)
    async with database.reading(tenant) as connection:
        everything = [row["id"] for row in await connection.fetch("select id from tracks")]
    await embed(database, tenant, everything, EMBEDDER)
    anew = await passages(database, tenant, tenant)
    assert [row[:5] for row in anew] == [row[:5] for row in kept]
    for one, other in zip(kept, anew, strict=True):  # a batch of another size is rounded otherwise
        assert np.allclose(vector(one), vector(other), atol=2e-3)
    assert await passages(database, tenant, SHARED) == []


def vector(row: tuple[object, ...]) -> Any:
    return np.array(orjson.loads(str(row[5])))


async def change(database: Database, tenant: UUID) -> list[tuple[object, ...]]:
    """Gives one track other words, deletes one and adds one; answers with what lives at home then."""
    async with database.reading(tenant) as connection:
        first, last = [
            row["id"]
            for row in await connection.fetch(
                "(select id from tracks order by id limit 1) union all"
                " (select id from tracks order by id desc limit 1)"
            )
        ]
    async with database.transaction(tenant) as session:
        await tracks.update(session, tenant, first, {}, f"Other words than those that were copied\n{uuid4()}")
        await tracks.delete(session, tenant, [last])
    await embed(database, tenant, [first, *await add_tracks(database, tenant, [song()])], EMBEDDER)
    return await passages(database, tenant, await home_of(database, tenant))


@pytest.mark.parametrize("way", ["out", "back"])
async def test_what_is_written_behind_and_before_the_mover_is_there(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    await moving.see_to(database, tenant, [SPACE], 100_000 if way == "out" else 100)
    await moving.prepare(database, tenant, SPACE, anew=False)
    old, new = (SHARED, tenant) if way == "out" else (tenant, SHARED)
    batches = 0
    living: list[tuple[object, ...]] = []

    async def interrupted(*given: Any, **named: Any) -> Any:
        nonlocal batches, living
        batches += 1
        if batches in (2, 5, 9):  # before all batches, and between them
            living = await change(database, tenant)
        return await settle(*given, **named)

    monkeypatch.setattr(moving, "BATCH", 20)
    monkeypatch.setattr(moving, "settle", interrupted)
    assert await moving.move(database, tenant, old, new)
    assert batches > 12
    assert await passages(database, tenant, new) == living
    monkeypatch.undo()
    await moving.clear(database, tenant)
    assert await passages(database, tenant, old) == []


DIES = """
import asyncio, sys
from uuid import UUID, uuid4
from app.search import index, moving
from app.search.homes import SHARED
from tenancy.database import Database

async def move(url: str, tenant: UUID, way: str) -> None:
    moving.BATCH = 20
    sleep = asyncio.sleep
    fetched = 0
    settle = moving.settle

    async def settled(*given, **named):
        nonlocal fetched
        fetched += 1
        if fetched == 5:
            print("in the middle", flush=True)
            await sleep(3600)  # with the lock of a batch
        return await settle(*given, **named)

    moving.settle = settled
    await moving.move(Database(url), tenant, *((SHARED, tenant) if way == "out" else (tenant, SHARED)))

asyncio.run(move(sys.argv[1], UUID(sys.argv[2]), sys.argv[3]))
"""


async def test_a_mover_that_is_killed_is_followed_by_another(database: Database, tenant: UUID) -> None:
    await moving.prepare(database, tenant, SPACE, anew=False)
    await killed_in_the_middle(DIES, database.url, str(tenant), "out")
    assert await home_of(database, tenant) == SHARED
    assert 0 < len(await passages(database, tenant, tenant)) < len(await passages(database, tenant, SHARED))
    living = await change(database, tenant)
    await moving.see_to(database, tenant, [SPACE], 100)
    assert await passages(database, tenant, tenant) == living
    assert await passages(database, tenant, SHARED) == []
    await killed_in_the_middle(DIES, database.url, str(tenant), "back")
    living = await change(database, tenant)
    await moving.see_to(database, tenant, [SPACE], 100_000)
    assert await passages(database, tenant, SHARED) == living
    assert await passages(database, tenant, tenant) == []


@pytest.mark.parametrize("threshold", [100_000, 100], ids=["out", "back"])
async def test_a_move_that_is_called_off_leaves_nothing(
    database: Database, tenant: UUID, threshold: int
) -> None:
    """What a killed mover copied is deleted when passages turn out to live where they should."""
    await moving.see_to(database, tenant, [SPACE], threshold)
    await moving.prepare(database, tenant, SPACE, anew=False)
    home = await home_of(database, tenant)
    await killed_in_the_middle(DIES, database.url, str(tenant), "back" if home == tenant else "out")
    living = await change(database, tenant)
    await moving.see_to(database, tenant, [SPACE], threshold)
    assert await passages(database, tenant, home) == living
    assert await passages(database, tenant, SHARED if home == tenant else tenant) == []
    assert await change(database, tenant) != living
    assert await passages(database, tenant, SHARED if home == tenant else tenant) == []


async def test_of_two_movers_each_passage_moves_once(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "BATCH", 20)
    before = await passages(database, tenant, SHARED)
    await asyncio.gather(*(moving.see_to(database, tenant, [SPACE], 100) for _ in range(3)))
    assert await passages(database, tenant, tenant) == before
    assert await passages(database, tenant, SHARED) == []


async def test_a_mover_whose_move_was_called_off_meanwhile_stops(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where another began: that one has to copy what was deleted in between."""
    await moving.prepare(database, tenant, SPACE, anew=False)
    before = await passages(database, tenant, SHARED)
    monkeypatch.setattr(moving, "BATCH", 20)
    batches = 0

    async def interrupted(*given: Any, **named: Any) -> Any:
        nonlocal batches
        batches += 1
        if batches == 4:
            await moving.call_off(database, tenant)
            await moving.clear(database, tenant)
            async with database.transaction(tenant) as session:
                await (await driver_of(session)).execute(
                    "insert into passage_homes (tenant_id, home, moving_to) values ($1, $2, $1)",
                    tenant,
                    SHARED,
                )
        return await settle(*given, **named)

    monkeypatch.setattr(moving, "settle", interrupted)
    assert not await moving.move(database, tenant, SHARED, tenant)
    assert await home_of(database, tenant) == SHARED
    assert await moving.move(database, tenant, SHARED, tenant)
    assert await passages(database, tenant, tenant) == before


async def test_a_mover_waits_for_a_track_that_is_being_deleted_without_holding_others(
    database: Database, tenant: UUID
) -> None:
    async with database.reading(tenant) as connection:
        ids = [row["id"] for row in await connection.fetch("select id from tracks order by id")]
    await moving.prepare(database, tenant, SPACE, anew=False)
    async with database.transaction(tenant) as session:
        await tracks.delete(session, tenant, ids[-1:])
        mover = asyncio.create_task(moving.move(database, tenant, SHARED, tenant))
        while not await passages(database, tenant, tenant):  # noqa: ASYNC110 - the mover has no event
            await asyncio.sleep(0.01)
        # The mover has come past this one: if it held it, this would wait, and it for us, for ever.
        await tracks.delete(session, tenant, ids[:1])
    assert await mover
    kept = {row[1] for row in await passages(database, tenant, tenant)}
    assert kept == set(ids[1:-1])
