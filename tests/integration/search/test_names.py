"""Names of artists and titles come before what merely means the like."""

from __future__ import annotations

import pytest

from app.cli import demo
from app.search.embeddings import FastEmbedder
from app.search.homes import Homes
from app.search.search import SearchMode, SearchService
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song
from tests.embedding import embed

EMBEDDER = FastEmbedder()
LEXICAL, HYBRID = SearchMode.LEXICAL, SearchMode.HYBRID


@pytest.fixture
def search(database: Database) -> SearchService:
    return SearchService(Homes(database, [EMBEDDER]))


async def test_every_artist_and_title_of_the_demo_wins(database: Database, search: SearchService) -> None:
    tenant = await new_tenant(database)
    new = [*demo.tracks("northside"), *demo.tracks("aurora")]
    ids = await add_tracks(database, tenant, new)
    await embed(database, tenant, ids, EMBEDDER)
    tracks = dict(zip(ids, new, strict=True))
    for mode in (LEXICAL, HYBRID):
        for name in {track.artist for track in new}:
            first = (await search.search(tenant, name, mode, first=1)).matches[0]
            assert tracks[first.track_id].artist == name
        for track in new:
            for query in (track.title, f"{track.title} {track.artist}", f"{track.artist} – {track.title}"):
                first = (await search.search(tenant, query, mode, first=1)).matches[0]
                assert tracks[first.track_id].title == track.title, query
        first = (await search.search(tenant, "overdarft", mode)).matches[0]
        assert tracks[first.track_id].title == "Overdraft"


async def test_a_name_wins_over_those_who_speak_of_it_and_have_more_of_its_words(
    database: Database, search: SearchService
) -> None:
    tenant = await new_tenant(database)
    wanted, *others = await add_tracks(
        database,
        tenant,
        [
            song("Harbor", artist="Marla Quay", lyrics=VERSE),
            song("To Marla Quay", artist="Nobody", lyrics="Marla Quay, Marla Quay\nOh Marla Quay"),
            song("Marla Quay (part 2)", artist="Nobody", lyrics="O Marla, hear me Marla\nOn the quay"),
        ],
    )
    await embed(database, tenant, [wanted, *others], EMBEDDER)
    for mode in (LEXICAL, HYBRID):
        for query in ("Marla Quay", "marla  QUAY", "Quay Marla", "Marla Qauy", "Marl Quay"):
            page = await search.search(tenant, query, mode)
            assert page.matches[0].track_id == wanted, (mode, query)
            assert page.matches[0].score > 0.85


async def test_a_word_that_exists_is_no_slip_for_another(database: Database, search: SearchService) -> None:
    tenant = await new_tenant(database)
    (track,) = await add_tracks(
        database, tenant, [song("Winner", artist="Ada Vance", lyrics="A cup of gold\nA medal too")]
    )
    for mode in (LEXICAL, HYBRID):
        assert (await search.search(tenant, "winter", mode)).matches == []
        assert (await search.search(tenant, "wimner", mode)).matches[0].track_id == track


async def test_another_tenants_names_are_not_found(database: Database, search: SearchService) -> None:
    ours, theirs = await new_tenant(database), await new_tenant(database)
    await add_tracks(database, theirs, [song("Harbor", artist="Marla Quay")])
    for mode in (LEXICAL, HYBRID):
        assert (await search.search(ours, "Marla Quay", mode)).matches == []
        assert len((await search.search(theirs, "Marla Quay", mode)).matches) == 1
