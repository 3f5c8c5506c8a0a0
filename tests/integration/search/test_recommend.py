"""Recommending from real vectors and from profiles."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text
from strawberry.types.base import get_object_definition

from api.errors import code_of
from api.search.types import Reason as Shown
from app.catalog.filters import TrackFilter
from app.cli import demo
from app.search.embeddings import FastEmbedder
from app.search.errors import SeedAvoided
from app.search.homes import Homes
from app.search.likeness import WEIGHTS
from app.search.recommend import Recommendation, RecommendationService, SeedNotFound
from app.search.variety import PER_ARTIST
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song
from tests.embedding import embed

EMBEDDER = FastEmbedder()
GRIEF = {"kind": "theme", "name": "loss", "confidence": 0.8}
PARTY = {"kind": "theme", "name": "party", "confidence": 0.8}


@pytest.fixture
def service(database: Database) -> RecommendationService:
    return RecommendationService(Homes(database, [EMBEDDER]))


async def verses(database: Database, tenant: UUID, count: int, **parts: Any) -> list[UUID]:
    """Embedded tracks that differ by a line."""
    songs = [
        song(f"Harbor {n}", lyrics=f"{VERSE}\nA line of its own {'on ' * n}", **parts) for n in range(count)
    ]
    ids = await add_tracks(database, tenant, songs)
    await embed(database, tenant, ids, EMBEDDER)
    return ids


async def give_profile(database: Database, tenant: UUID, track: UUID, **profile: Any) -> None:
    async with database.transaction(tenant) as session:
        await session.execute(
            text(
                "update tracks set profile = cast(:profile as jsonb) where tenant_id = :tenant and id = :id"
            ),
            {"profile": orjson.dumps(profile).decode(), "tenant": tenant, "id": track},
        )


async def in_demo(database: Database) -> tuple[UUID, dict[str, UUID]]:
    tenant = await new_tenant(database)
    new = [*demo.tracks("northside"), *demo.tracks("aurora")]
    ids = await add_tracks(database, tenant, new)
    await embed(database, tenant, ids, EMBEDDER)
    return tenant, {track.title: id_ for id_, track in zip(ids, new, strict=True)}


def adds_up(found: list[Recommendation]) -> bool:
    sums = [sum(reason.weight for reason in match.reasons) for match in found]
    return sums == pytest.approx([match.score for match in found]) and all(0 < total <= 1 for total in sums)


async def test_reasons_add_up_and_show_the_lines_they_rest_on(
    database: Database, service: RecommendationService
) -> None:
    tenant, ids = await in_demo(database)
    seeds = [ids["Till the Fuses Go"], ids["До утра"]]
    found = await service.recommend(tenant, seeds, diversity=0.0, first=10)
    assert len(found) == 10
    assert adds_up(found)
    assert not {match.track_id for match in found} & set(seeds)
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    for match in found:
        meaning = next(reason for reason in match.reasons if reason.kind == "meaning")
        assert meaning.seed in seeds
        for passage, track in ((meaning.passage, match.track_id), (meaning.seed_passage, meaning.seed)):
            assert passage is not None
            assert passage.track == track
            assert 1 <= passage.start_line <= passage.end_line
    assert found == await service.recommend(tenant, seeds, diversity=0.0, first=10)


async def test_shared_themes_feeling_and_technique_count(
    database: Database, service: RecommendationService
) -> None:
    tenant = await new_tenant(database)
    seed, alike, other, bare = await verses(database, tenant, 4)
    sad: dict[str, Any] = {"themes": [GRIEF], "sentiment": "NEGATIVE", "mood": "sadness", "technique": 0.5}
    await give_profile(database, tenant, seed, **sad)
    await give_profile(database, tenant, alike, **sad)
    await give_profile(
        database, tenant, other, themes=[PARTY], sentiment="POSITIVE", mood="joy", technique=1.0
    )
    found = {match.track_id: match for match in await service.recommend(tenant, [seed], diversity=0.0)}
    assert adds_up(list(found.values()))
    weights = {reason.kind: reason.weight for reason in found[alike].reasons}
    assert weights == {
        "meaning": pytest.approx(0.6, abs=0.05), "themes": pytest.approx(0.2),
        "feeling": pytest.approx(0.1), "technique": pytest.approx(0.1),
    }  # fmt: skip
    assert "loss" in next(reason.label for reason in found[alike].reasons if reason.kind == "themes")
    # Nothing shared, and nothing known: both have their meaning alone.
    assert [reason.kind for reason in found[other].reasons] == ["meaning"]
    assert [reason.kind for reason in found[bare].reasons] == ["meaning"]


async def test_what_is_avoided_pushes_away_and_is_not_recommended(
    database: Database, service: RecommendationService
) -> None:
    tenant, ids = await in_demo(database)
    seeds = [ids["Till the Fuses Go"]]
    before = await service.similar_tracks(tenant, seeds[0], 20)
    avoid = [before[0].track_id]
    after = await service.recommend(tenant, seeds, avoid, diversity=0.0, first=20)
    assert adds_up(after)
    assert avoid[0] not in {match.track_id for match in after}
    was, now = ({match.track_id: match.score for match in found} for found in (before, after))
    likest = next(m.track_id for m in await service.similar_tracks(tenant, avoid[0], 20) if m.track_id in was)
    assert now.get(likest, 0.0) < was[likest]


async def test_at_most_a_few_tracks_of_one_artist(database: Database, service: RecommendationService) -> None:
    tenant = await new_tenant(database)
    same = await verses(database, tenant, PER_ARTIST + 3, artist="One Singer")
    others = await verses(database, tenant, 3)
    found = await service.recommend(tenant, [others[0]], first=20)
    assert Counter(match.track_id in same for match in found) == {True: PER_ARTIST, False: 2}


async def test_diversity_trades_likeness_for_variety(
    database: Database, service: RecommendationService
) -> None:
    tenant, ids = await in_demo(database)
    seed = [ids["Price of Bread"]]
    plain, varied = [
        [match.score for match in await service.recommend(tenant, seed, diversity=diversity, first=8)]
        for diversity in (0.0, 1.0)
    ]
    assert varied[0] == plain[0]
    assert sum(varied) < sum(plain)


async def test_filters_hold(database: Database, service: RecommendationService) -> None:
    tenant, ids = await in_demo(database)
    russian = TrackFilter(languages=["ru"])
    found = await service.similar_tracks(tenant, ids["Two Suitcases"], 30, russian)
    assert found
    assert all(not title.isascii() for title, id_ in ids.items() if id_ in {m.track_id for m in found})


async def test_similar_artists_by_the_middle_of_their_tracks(
    database: Database, service: RecommendationService
) -> None:
    tenant = await new_tenant(database)
    for artist in ("First", "Second"):
        await verses(database, tenant, 2, artist=artist)
    far = (
        "Add two cups of flour to the bowl\nWhisk in the sugar and the eggs\nBake it for an hour\nLet it cool"
    )
    await embed(
        database, tenant, await add_tracks(database, tenant, [song(lyrics=far, artist="Third")]), EMBEDDER
    )
    async with database.reading(tenant) as connection:
        artists = dict(await connection.fetch("select name, id from artists"))
    found = await service.similar_artists(tenant, artists["First"])
    assert found[0].artist_id == artists["Second"]
    assert found[0].score > 0.5
    assert all(match.score == sum(reason.weight for reason in match.reasons) for match in found)
    assert artists["First"] not in {match.artist_id for match in found}


async def test_seeds_that_are_not_there_are_named(database: Database, service: RecommendationService) -> None:
    tenant = await new_tenant(database)
    (track,) = await verses(database, tenant, 1)
    (fresh,) = await add_tracks(database, tenant, [song()])
    unknown = uuid4()
    with pytest.raises(SeedNotFound) as refusal:
        await service.recommend(tenant, [track, unknown, fresh])
    assert set(refusal.value.ids) == {unknown, fresh}
    assert await service.similar_tracks(tenant, unknown) == []


async def test_a_seed_is_not_to_be_avoided(database: Database, service: RecommendationService) -> None:
    tenant = await new_tenant(database)
    one, other, third = await verses(database, tenant, 3)
    with pytest.raises(SeedAvoided, match="both a seed and one to avoid") as refusal:
        await service.recommend(tenant, [one, other, one], avoid=[third, one])
    assert refusal.value.ids == (one,)
    assert code_of(refusal.value) == "BAD_USER_INPUT"


def test_the_schema_names_every_kind_of_reason() -> None:
    kind = next(field for field in get_object_definition(Shown, strict=True).fields if field.name == "kind")
    assert set(re.findall(r"`(\w+)`", kind.description or "")) == set(WEIGHTS)


async def test_another_tenants_tracks_are_neither_seeds_nor_answers(
    database: Database, service: RecommendationService
) -> None:
    ours, theirs = await new_tenant(database), await new_tenant(database)
    own = await verses(database, ours, 3)
    alone = await service.recommend(ours, own[:1])
    others = await verses(database, theirs, 3)
    assert await service.recommend(ours, own[:1]) == alone
    assert {match.track_id for match in alone} == set(own[1:])
    with pytest.raises(SeedNotFound) as refusal:
        await service.recommend(ours, others[:1])
    assert list(refusal.value.ids) == others[:1]
    assert await service.recommend(ours, own[:1], avoid=others) == alone
    assert await service.similar_tracks(ours, others[0]) == []
    async with database.reading(theirs) as connection:
        artists = [row["id"] for row in await connection.fetch("select id from artists order by id")]
    assert await service.similar_artists(ours, artists[0]) == []
    assert {m.artist_id for m in await service.similar_artists(theirs, artists[0])} == set(artists[1:])
