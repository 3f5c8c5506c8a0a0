"""Searching real verses with the real model."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from app.catalog.filters import TrackFilter
from app.cli import demo
from app.search.embeddings import FastEmbedder
from app.search.errors import EmptyQuery, InvalidCursor, QueryTooLong
from app.search.homes import Homes
from app.search.meaning import FAINT
from app.search.search import Match, SearchMode, SearchService
from tenancy.database import Database
from tests.builders import RUSSIAN_VERSE, VERSE, add_tracks, new_tenant, song
from tests.embedding import embed

EMBEDDER = FastEmbedder()
SEMANTIC, LEXICAL, HYBRID = SearchMode.SEMANTIC, SearchMode.LEXICAL, SearchMode.HYBRID
LOSS = {
    "Your Chair", "The Boy with My Jacket", "Second Pew from the Back", "Voicemail I Keep", "Бабушкин платок",
    "Eulogy for Lamont, Who Owed Me Ten Dollars", "Голосовое", "Пустой стул", "Серёга",
}  # fmt: skip


@pytest.fixture
def search(database: Database) -> SearchService:
    return SearchService(Homes(database, [EMBEDDER]))


async def catalogue(database: Database, *songs: tuple[str, str], **parts: object) -> tuple[UUID, list[UUID]]:
    """A tenant with these (title, lyrics), all embedded."""
    tenant = await new_tenant(database)
    ids = await add_tracks(database, tenant, [song(title, lyrics=text, **parts) for title, text in songs])
    await embed(database, tenant, ids, EMBEDDER)
    return tenant, ids


@pytest.fixture(scope="module")
async def demo_titles(database: Database) -> tuple[UUID, dict[UUID, str]]:
    tenant = await new_tenant(database)
    new = [*demo.tracks("northside"), *demo.tracks("aurora")]
    ids = await add_tracks(database, tenant, new)
    await embed(database, tenant, ids, EMBEDDER)
    return tenant, {id_: track.title for id_, track in zip(ids, new, strict=True)}


@pytest.mark.parametrize("mode", [SEMANTIC, HYBRID])
async def test_songs_about_losing_someone_are_found_in_both_languages(
    demo_titles: tuple[UUID, dict[UUID, str]], search: SearchService, mode: SearchMode
) -> None:
    tenant, titles = demo_titles
    page = await search.search(tenant, "songs about losing someone", mode, first=6)
    found = {titles[match.track_id] for match in page.matches}
    assert len(found & LOSS) >= 5
    assert {title.isascii() for title in found & LOSS} == {True, False}


async def test_a_match_names_the_lines_that_fit(database: Database, search: SearchService) -> None:
    storm = (
        "The mast is down, the sail is torn\nThe waves are higher than the house\nWe drown at dawn\nIt rains"
    )
    bread = "I knead the dough and heat the oven\nThe smell of bread fills up the street\nAt four\nIt is warm"
    tenant, (track,) = await catalogue(database, ("Two parts", f"{storm}\n\n{bread}"))
    (match,) = (await search.search(tenant, "a ship sinks in a storm at sea", SEMANTIC)).matches
    assert (match.track_id, match.start_line, match.end_line) == (track, 1, 4)
    (match,) = (await search.search(tenant, "baking bread", SEMANTIC)).matches
    assert (match.start_line, match.end_line) == (6, 9)
    (match,) = (await search.search(tenant, "street smells", LEXICAL)).matches
    assert (match.start_line, match.end_line) == (7, 7)


async def test_scores_are_shares_and_a_mode_names_only_its_own(
    demo_titles: tuple[UUID, dict[UUID, str]], search: SearchService
) -> None:
    tenant, _ = demo_titles
    for mode in SearchMode:
        page = await search.search(tenant, "night train", mode, first=30)
        assert len(page.matches) > 1
        scores = [match.score for match in page.matches]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)
        for match in page.matches:
            assert (match.semantic is None) <= (mode is not SEMANTIC)
            assert (match.lexical is None) or mode is not SEMANTIC
            assert (match.semantic is None) or mode is not LEXICAL
    both = (await search.search(tenant, "night train", HYBRID)).matches[0]
    assert both.semantic is not None
    assert both.lexical is not None
    assert both.score == pytest.approx(0.7 * both.semantic + 0.3 * both.lexical, abs=1e-6)


@pytest.mark.parametrize("query", ["xyzzyqwv", "qwrtplkj", "gwxk zpqvh", "ыфвапролд", "blorptang wuzzle"])
async def test_made_up_words_find_nothing(
    demo_titles: tuple[UUID, dict[UUID, str]], search: SearchService, query: str
) -> None:
    tenant, _ = demo_titles
    for mode in SearchMode:
        page = await search.search(tenant, query, mode)
        assert (page.matches, page.total_count) == ([], 0)


async def test_what_hardly_means_the_query_is_no_match(
    demo_titles: tuple[UUID, dict[UUID, str]], search: SearchService
) -> None:
    tenant, titles = demo_titles
    for mode in (SEMANTIC, HYBRID):
        page = await search.search(tenant, "songs about losing someone", mode, first=len(titles))
        assert LOSS - {titles[match.track_id] for match in page.matches} == set()
        assert page.total_count == len(page.matches) < len(titles)
        assert all((match.semantic or 0) >= FAINT or match.lexical for match in page.matches)


async def test_quotes_find_the_very_words(database: Database, search: SearchService) -> None:
    tenant, (exact, _, title) = await catalogue(
        database,
        ("One", "We walked the long, lost road home\nand nobody waited"),
        ("Two", "The road was lost and long, we walked it home\nand losing roads is easy"),
        ("Lost Road", "Nothing of the kind is sung\nin any line of this"),
    )
    for mode in (LEXICAL, HYBRID):
        page = await search.search(tenant, '"lost road"', mode)
        assert {match.track_id for match in page.matches} == {exact, title}
        assert page.total_count == 2
    found = {m.track_id: m for m in (await search.search(tenant, "“lost road”", HYBRID)).matches}
    assert (found[exact].start_line, found[exact].end_line) == (1, 1)


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        ("Pushkn", LEXICAL),
        ("Pushkin", HYBRID),
        ("пушкин", HYBRID),
        ("Пушкын", LEXICAL),
        ("winter by pushkin", HYBRID),
    ],
)
async def test_names_are_found_in_either_alphabet_and_misspelt(
    database: Database, search: SearchService, query: str, mode: SearchMode
) -> None:
    tenant = await new_tenant(database)
    songs = [
        song("Вокзал", artist="Александр Пушкин", lyrics=RUSSIAN_VERSE),
        song("Harbor", artist="Ada Vance"),
    ]
    wanted, _ = await add_tracks(database, tenant, songs)
    page = await search.search(tenant, query, mode)
    assert page.matches[0].track_id == wanted


async def test_words_are_found_before_the_track_is_embedded(
    database: Database, search: SearchService
) -> None:
    tenant = await new_tenant(database)
    (track,) = await add_tracks(database, tenant, [song("Harbor", lyrics=VERSE)])
    (match,) = (await search.search(tenant, "harbour boats", HYBRID)).matches
    assert (match.track_id, match.semantic) == (track, None)
    assert (await search.search(tenant, "harbour boats", SEMANTIC)).total_count == 0


@pytest.mark.parametrize("mode", SearchMode)
async def test_queries_without_a_word_are_refused_kindly(
    database: Database, search: SearchService, mode: SearchMode
) -> None:
    tenant = await new_tenant(database)
    for query in ("", "   ", '""', "?!…", "\x00"):
        with pytest.raises(EmptyQuery, match="write a few words"):
            await search.search(tenant, query, mode)
    with pytest.raises(QueryTooLong, match="1,001 characters"):
        await search.search(tenant, "a" * 1_001, mode)
    assert (await search.search(tenant, "a" * 1_000, mode)).matches == []


async def test_stop_words_are_answered_by_meaning_and_found_in_quotes(
    database: Database, search: SearchService
) -> None:
    tenant, (hamlet, russian, _, shuffled) = await catalogue(
        database,
        ("Soliloquy", "To be, or not to be: that is the question\nWhether to suffer or to sleep"),
        ("Вопрос", "Не то, что было, и не то, что будет\nА я и он остались тут"),
        ("Harbor", VERSE),
        ("Shuffled", "Not to be or to be\nA bee or not a tomato bed"),
    )
    for query in ("to be or not to be", "you and me", "и в на"):
        with pytest.raises(EmptyQuery, match="too common"):
            await search.search(tenant, query, LEXICAL)
        by_meaning = await search.search(tenant, query, SEMANTIC)
        assert by_meaning.matches
        both = await search.search(tenant, query, HYBRID)
        assert both.matches[0].track_id == by_meaning.matches[0].track_id
    assert (await search.search(tenant, '"to be or not to be"', SEMANTIC)).matches[0].track_id in (
        hamlet,
        shuffled,
    )
    for mode in (LEXICAL, HYBRID):
        for query, track in (('"to be or not to be"', hamlet), ("«а я и он»", russian)):
            page = await search.search(tenant, query, mode)
            assert [(match.track_id, match.lexical) for match in page.matches] == [(track, 1.0)]
            assert page.matches[0].start_line in (1, 2)
        page = await search.search(tenant, '"to be or not" question', mode)
        assert [match.track_id for match in page.matches] == [hamlet]
        # The phrase has to be there; the other word need not.
        page = await search.search(tenant, '"to be or not" bananas', mode)
        assert [match.track_id for match in page.matches] == [hamlet]


@pytest.mark.parametrize(
    "query", ["'", "a' or '1'='1", "\\", "cat & | ! <-> dog", "100% ' ; --", "дом:* :A", '"a\\"b']
)
async def test_punctuation_is_no_syntax(database: Database, search: SearchService, query: str) -> None:
    tenant, _ = await catalogue(database, ("Harbor", VERSE))
    for mode in SearchMode:
        try:
            page = await search.search(tenant, query, mode)
        except EmptyQuery:
            continue
        assert page.total_count in (0, 1)


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!!", "YWJj", "é" * 32, "A" * 32 + "=", "f_gAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
)
async def test_cursors_of_nothing_are_refused(database: Database, search: SearchService, cursor: str) -> None:
    tenant = await new_tenant(database)
    with pytest.raises(InvalidCursor):
        await search.search(tenant, "harbor", HYBRID, after=cursor)


@pytest.mark.parametrize("mode", SearchMode)
async def test_pages_have_neither_repeats_nor_holes_while_tracks_are_added(
    database: Database, search: SearchService, mode: SearchMode
) -> None:
    # Equal texts tie: only the id orders them.
    tenant, ids = await catalogue(database, *[("Harbor", f"{VERSE}\n{'la ' * n}") for n in range(11)])
    seen: list[Match] = []
    after, more = None, True
    while more:
        page = await search.search(tenant, "boats in the harbor", mode, first=4, after=after)
        assert len(page.matches) == 4 or not page.has_next
        seen += page.matches
        after, more = page.matches[-1].cursor, page.has_next
        new = await add_tracks(database, tenant, [song("Snow", lyrics=RUSSIAN_VERSE + "\nla" * len(seen))])
        await embed(database, tenant, new, EMBEDDER)
    found = [match.track_id for match in seen if match.track_id in ids]
    assert sorted(found) == sorted(ids)
    assert len({match.track_id for match in seen}) == len(seen)
    # What is left can only have come after the last page.
    page = await search.search(tenant, "boats in the harbor", mode, after=seen[-1].cursor)
    assert {match.track_id for match in page.matches} <= set(new)
    assert page.total_count >= len(ids)


async def test_filters_hold_in_every_mode(database: Database, search: SearchService) -> None:
    tenant = await new_tenant(database)
    songs = [
        song(f"Harbor {y}", released_on=date(y, 1, 1), lyrics=f"{VERSE}\n{y}") for y in (1990, 2000, 2010)
    ]
    ids = await add_tracks(database, tenant, songs)
    await embed(database, tenant, ids, EMBEDDER)
    wanted = TrackFilter(released_from=date(1995, 1, 1), released_to=date(2005, 1, 1))
    for mode in SearchMode:
        page = await search.search(tenant, "harbor lamps", mode, wanted)
        assert [match.track_id for match in page.matches] == [ids[1]]
        assert page.total_count == 1


@pytest.mark.parametrize("mode", SearchMode)
async def test_another_tenant_changes_nothing(
    database: Database, search: SearchService, mode: SearchMode
) -> None:
    ours, (track,) = await catalogue(database, ("Harbor", VERSE))
    alone = await search.search(ours, "harbor lamps", mode)
    theirs, others = await catalogue(database, *[("Harbor", f"{VERSE}\n{n}") for n in range(3)])
    assert await search.search(ours, "harbor lamps", mode) == alone
    assert [match.track_id for match in alone.matches] == [track]
    page = await search.search(theirs, "harbor lamps", mode)
    assert {match.track_id for match in page.matches} == set(others)
    assert page.total_count == 3
    # Their ids and cursors are just values here: nothing of ours is behind them.
    assert (await search.search(ours, "harbor lamps", mode, TrackFilter(ids=others))).matches == []
    for match in page.matches:
        after = await search.search(ours, "harbor lamps", mode, after=match.cursor)
        assert {found.track_id for found in after.matches} <= {track}
    empty = await new_tenant(database)
    assert (await search.search(empty, "harbor lamps", mode)).total_count == 0
