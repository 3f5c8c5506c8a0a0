"""A space joins when all tracks are in it, one goes when it is replaced, and a search never mixes them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from uuid import UUID

import pytest

from app.catalog import tracks
from app.jobs import Job
from app.search import embedding, index, moving, passes
from app.search.embeddings import Embedder, EmbedderAway, FastEmbedder
from app.search.errors import CursorOutdated
from app.search.homes import Homes
from app.search.index import EmbeddedTrack, TrackLyrics
from app.search.recommend import RecommendationService
from app.search.search import SearchMode, SearchService
from app.search.spaces import Spaces
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song, turn

FIRST = FastEmbedder()
SECOND = FastEmbedder(space="another-space")  # the same model under another name is quick, and is no other
ONE, BOTH, OTHER = Spaces([FIRST]), Spaces([FIRST, SECOND]), Spaces([SECOND])
QUERY = "letters folded in the drawer"


async def embed(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
    return index.compute(embedder, lyrics)


async def step(database: Database, tenant: UUID, spaces: Spaces) -> None:
    await embedding.advance(database, turn(tenant, Job.EMBED), spaces, embed)


async def waiting(database: Database, tenant: UUID) -> int:
    async with database.reading(tenant) as connection:
        count: int = await connection.fetchval("select count(*) from embed_items")
        return count


async def work_off(database: Database, tenant: UUID, spaces: Spaces) -> None:
    while await waiting(database, tenant):
        await step(database, tenant, spaces)


async def embedded(database: Database, tenant: UUID, space: str) -> dict[UUID, int]:
    """How many wholes each track has in a space: one, unless something went wrong."""
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(
            "select track_id, count(*) from passages where ordinal = 0 and space = $1 group by 1", space
        )
    return {row[0]: row[1] for row in rows}


async def states(database: Database, tenant: UUID) -> dict[str, bool]:
    """Whether each space that has begun is complete."""
    async with database.reading(tenant) as connection:
        return {
            row["space"]: row["complete_at"] is not None
            for row in await connection.fetch(passes.BEGUN, tenant)
        }


async def found(homes: Homes, tenant: UUID) -> tuple[list[UUID], list[str]]:
    """What a search by meaning finds, and in which spaces."""
    page = await SearchService(homes).search(tenant, QUERY, SearchMode.SEMANTIC, first=100)
    return [match.track_id for match in page.matches], [e.space for e in homes.expected(tenant).embedders]


@pytest.fixture
async def tenant(database: Database) -> UUID:
    """With twenty tracks in the first space, which is complete."""
    id_ = await new_tenant(database)
    await add_tracks(database, id_, [song(lyrics=f"{VERSE}\nFor the {n}th time") for n in range(20)])
    await work_off(database, id_, ONE)
    await passes.see_to(database, id_, ONE)
    assert await states(database, id_) == {FIRST.space: True}
    return id_


async def test_a_new_tenants_tracks_are_found_as_they_come(database: Database) -> None:
    tenant = await new_tenant(database)
    ids = await add_tracks(database, tenant, [song() for _ in range(3)])
    homes = Homes(database, BOTH.embedders)
    assert (await found(homes, tenant))[0] == []
    await step(database, tenant, BOTH)  # the fast space goes first, for all of them
    assert set((await found(homes, tenant))[0]) == set(ids)
    assert (await embedded(database, tenant, SECOND.space)) == {}
    await step(database, tenant, BOTH)
    assert set(await embedded(database, tenant, SECOND.space)) == set(ids)


async def test_a_space_joins_when_all_tracks_are_in_it(database: Database, tenant: UUID) -> None:
    homes = Homes(database, BOTH.embedders)
    everything, _ = await found(homes, tenant)
    assert len(everything) == 20
    await passes.see_to(database, tenant, BOTH)
    assert await waiting(database, tenant) == 20
    await step(database, tenant, BOTH)
    assert len(await embedded(database, tenant, SECOND.space)) == SECOND.at_once
    await passes.see_to(database, tenant, BOTH)
    assert await states(database, tenant) == {FIRST.space: True, SECOND.space: False}
    assert await found(homes, tenant) == (everything, [FIRST.space])
    await work_off(database, tenant, BOTH)
    assert await found(homes, tenant) == (everything, [FIRST.space])  # nobody has looked yet
    await passes.see_to(database, tenant, BOTH)
    ids, spaces = await found(homes, tenant)
    assert (set(ids), spaces) == (set(everything), [FIRST.space, SECOND.space])
    # What comes now is found in the first at once, and lags in the second.
    (late,) = await add_tracks(database, tenant, [song()])
    await step(database, tenant, BOTH)
    assert late not in await embedded(database, tenant, SECOND.space)
    ids, spaces = await found(homes, tenant)
    assert late in ids
    assert spaces == [FIRST.space, SECOND.space]


async def test_a_replaced_space_answers_until_the_new_one_is_complete(
    database: Database, tenant: UUID
) -> None:
    homes = Homes(database, OTHER.embedders)
    everything, _ = await found(homes, tenant)
    late: list[UUID] = []
    while not (await states(database, tenant)).get(SECOND.space):
        await passes.see_to(database, tenant, OTHER)
        if not late:  # in both, since the old one answers still
            late = await add_tracks(database, tenant, [song()])
        await step(database, tenant, OTHER)
        ids, spaces = await found(homes, tenant)
        assert spaces in ([FIRST.space], [SECOND.space])
        assert set(everything) <= set(ids) <= {*everything, *late}
    assert late[0] in await embedded(database, tenant, FIRST.space)
    assert await found(homes, tenant) == (ids, [SECOND.space])
    assert await states(database, tenant) == {SECOND.space: True}
    await passes.see_to(database, tenant, OTHER)
    assert await embedded(database, tenant, FIRST.space) == {}
    assert await waiting(database, tenant) == 0
    # And back: what was there before is not taken for new.
    await passes.see_to(database, tenant, BOTH)
    assert await states(database, tenant) == {SECOND.space: True, FIRST.space: False}
    assert await waiting(database, tenant) == 21


async def test_a_page_goes_on_in_the_spaces_that_it_began_in(database: Database, tenant: UUID) -> None:
    search = SearchService(Homes(database, BOTH.embedders))
    everything = (await search.search(tenant, QUERY, SearchMode.SEMANTIC, first=100)).matches
    page = await search.search(tenant, QUERY, SearchMode.SEMANTIC, first=7)
    await passes.see_to(database, tenant, BOTH)
    await work_off(database, tenant, BOTH)
    await passes.see_to(database, tenant, BOTH)
    matches = list(page.matches)
    while page.has_next:
        after = page.matches[-1].cursor
        page = await search.search(tenant, QUERY, SearchMode.SEMANTIC, first=7, after=after)
        matches += page.matches
    assert matches == everything
    await passes.see_to(database, tenant, OTHER)
    with pytest.raises(CursorOutdated):
        await search.search(tenant, QUERY, SearchMode.SEMANTIC, after=matches[0].cursor)


async def test_a_large_tenant_is_found_alike_by_the_indexes_of_two_spaces(
    database: Database, tenant: UUID
) -> None:
    await passes.see_to(database, tenant, BOTH)
    await work_off(database, tenant, BOTH)
    await passes.see_to(database, tenant, BOTH)
    homes = Homes(database, BOTH.embedders)
    before = await SearchService(homes).search(tenant, QUERY, first=100)
    await moving.see_to(database, tenant, BOTH.sizes, 50)
    after = await SearchService(homes).search(tenant, QUERY, first=100)
    assert homes.expected(tenant).home == tenant
    assert after.matches == before.matches
    (track, *_) = (match.track_id for match in after.matches)
    similar = await RecommendationService(homes).similar_tracks(tenant, track)
    alone = await RecommendationService(Homes(database, ONE.embedders)).similar_tracks(tenant, track)
    assert similar == alone != []  # of the first space alone


async def test_a_space_is_completed_in_a_partition(database: Database, tenant: UUID) -> None:
    await moving.see_to(database, tenant, BOTH.sizes, 50)
    await passes.see_to(database, tenant, BOTH)
    await work_off(database, tenant, BOTH)
    await passes.see_to(database, tenant, OTHER)
    await passes.see_to(database, tenant, OTHER)
    assert await states(database, tenant) == {SECOND.space: True}
    assert await embedded(database, tenant, FIRST.space) == {}
    homes = Homes(database, OTHER.embedders)
    ids, spaces = await found(homes, tenant)
    assert (len(ids), spaces, homes.expected(tenant).home) == (20, [SECOND.space], tenant)


async def test_other_tenants_are_left_alone(database: Database, tenant: UUID) -> None:
    other = await new_tenant(database)
    await add_tracks(database, other, [song()])
    await work_off(database, other, ONE)
    await passes.see_to(database, tenant, OTHER)
    await work_off(database, tenant, OTHER)
    await passes.see_to(database, tenant, OTHER)
    assert set(await states(database, other)) == {FIRST.space}
    assert len(await embedded(database, other, FIRST.space)) == 1
    async with database.reading(other) as connection:
        seen = await connection.fetch("select tenant_id from passage_spaces")
    assert {row["tenant_id"] for row in seen} == {other}


async def test_a_server_that_is_away_keeps_no_other_space_waiting(database: Database) -> None:
    tenant = await new_tenant(database)
    ids = await add_tracks(database, tenant, [song() for _ in range(3)])
    third = Spaces([FIRST, SECOND, FastEmbedder(space="third")])

    async def without(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
        if embedder is SECOND:
            raise EmbedderAway
        return index.compute(embedder, lyrics)

    for _ in range(4):
        await embedding.advance(database, turn(tenant, Job.EMBED), third, without)
    for space in (FIRST.space, "third"):
        assert set(await embedded(database, tenant, space)) == set(ids)
    assert await waiting(database, tenant) == 3
    await work_off(database, tenant, third)  # it is back
    assert set(await embedded(database, tenant, SECOND.space)) == set(ids)


async def test_a_track_that_changes_meanwhile_is_embedded_as_it_is_in_the_end(
    database: Database, tenant: UUID
) -> None:
    await passes.see_to(database, tenant, BOTH)
    async with database.reading(tenant) as connection:
        changed, deleted = [row["id"] for row in await connection.fetch("select id from tracks limit 2")]

    async def slowly(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
        computed = index.compute(embedder, lyrics)
        if embedder is SECOND:
            async with database.transaction(tenant) as session:
                await tracks.update(session, tenant, changed, {}, lyrics="Nothing is left\nNot a word of it")
        return computed

    await embedding.advance(database, turn(tenant, Job.EMBED), BOTH, slowly)
    async with database.transaction(tenant) as session:
        await tracks.delete(session, tenant, [deleted])
    await work_off(database, tenant, BOTH)
    await passes.see_to(database, tenant, BOTH)
    assert all((await states(database, tenant)).values())
    async with database.reading(tenant) as connection:  # both spaces are of one model here
        apart = await connection.fetchval(
            "select max(p.embedding <=> o.embedding)"
            " from passages p join passages o using (track_id, ordinal)"
            " where track_id = $1 and p.space <> o.space",
            changed,
        )
    assert apart < 1e-3
    assert deleted not in await embedded(database, tenant, SECOND.space)


DIES = """
import asyncio, sys
from uuid import UUID
from app.jobs import Job, Turn
from app.search import embedding, index, passes
from app.search.embeddings import FastEmbedder
from app.search.spaces import Spaces
from tenancy.database import Database

async def die(url: str, tenant: UUID, where: str) -> None:
    spaces = Spaces([FastEmbedder(), FastEmbedder(space="another-space", at_once=5)])
    database = Database(url)
    passes.ASKED = passes.SPREAD = passes.DELETED = 6
    done = 0

    async def here(*_: object) -> None:
        nonlocal done
        done += 1
        if done == 2:
            print("in the middle", flush=True)
            await asyncio.sleep(3600)

    async def embed(embedder, lyrics):
        await here()
        return index.compute(embedder, lyrics)

    if where == "asking":
        request = passes.request
        passes.request = here  # in the transaction of the second batch
        await passes.see_to(database, tenant, spaces)
    elif where == "clearing":
        driver = passes.driver_of
        async def driver_of(session):
            await here()
            return await driver(session)
        passes.driver_of = driver_of
        await passes.clear(database, tenant)
    else:
        while True:
            await embedding.advance(database, Turn(0, Job.EMBED, tenant, 0), spaces, embed)

asyncio.run(die(sys.argv[1], UUID(sys.argv[2]), sys.argv[3]))
"""


async def die(database: Database, tenant: UUID, where: str) -> None:
    """A process of its own that is killed in a transaction, after another one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, database.url, str(tenant), where, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"in the middle\n"
    process.kill()
    await process.wait()


async def test_what_a_killed_worker_left_is_taken_up(database: Database, tenant: UUID) -> None:
    homes = Homes(database, BOTH.embedders)
    everything, _ = await found(homes, tenant)
    await die(database, tenant, "asking")
    assert await waiting(database, tenant) == 6
    assert await states(database, tenant) == {FIRST.space: True, SECOND.space: False}
    await work_off(database, tenant, BOTH)  # those that were asked for are not all
    await die(database, tenant, "asking")
    await passes.complete(database, tenant, BOTH)
    assert await found(homes, tenant) == (everything, [FIRST.space])
    await passes.see_to(database, tenant, BOTH)
    await die(database, tenant, "embedding")
    await passes.see_to(database, tenant, BOTH)
    assert await found(homes, tenant) == (everything, [FIRST.space])
    await work_off(database, tenant, BOTH)
    await passes.see_to(database, tenant, BOTH)
    assert await embedded(database, tenant, SECOND.space) == dict.fromkeys(everything, 1)
    assert (await found(homes, tenant))[1] == BOTH.names
    await passes.complete(database, tenant, OTHER)
    await die(database, tenant, "clearing")
    assert 0 < len(await embedded(database, tenant, FIRST.space)) <= 20
    assert (await found(Homes(database, OTHER.embedders), tenant))[1] == OTHER.names
    await passes.see_to(database, tenant, OTHER)
    assert await embedded(database, tenant, FIRST.space) == {}
    assert await embedded(database, tenant, SECOND.space) == dict.fromkeys(everything, 1)
