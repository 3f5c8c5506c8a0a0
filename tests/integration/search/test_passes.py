"""A space joins when all tracks are in it, one goes when it is replaced, and a search never mixes them."""

from __future__ import annotations

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
from tests.builders import add_tracks, new_tenant, song, turn
from tests.integration.search.spaces import (
    BOTH,
    FIRST,
    ONE,
    OTHER,
    QUERY,
    SECOND,
    embedded,
    found,
    states,
    step,
    tenant,
    waiting,
    work_off,
)

__all__ = ["tenant"]  # a fixture


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
