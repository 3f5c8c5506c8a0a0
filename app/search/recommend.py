"""Tracks like some and unlike others, each with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg

from app.catalog.filters import TrackFilter
from app.search import artists
from app.search.artists import ArtistMatch
from app.search.candidates import Reading
from app.search.embeddings import unit
from app.search.errors import SeedAvoided
from app.search.homes import Homes, Standing
from app.search.likeness import AVOIDING, Candidate, Reason, Taste, reasons
from app.search.variety import PER_ARTIST, middle, spread

__all__ = ["ArtistMatch", "Recommendation", "RecommendationService", "SeedNotFound"]


class SeedNotFound(LookupError):
    """A seed is not there, or nothing is known of it yet: try again in a moment. `ids` lists which."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        super().__init__("There is no such track, or its words are still being read. Try again in a moment.")
        self.ids = tuple(ids)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A track; the weights of its reasons add up to `score`, 0..1."""

    track_id: UUID
    score: float
    reasons: list[Reason]


class RecommendationService:
    """The same rows give the same answer: ties go by id, and nothing is drawn by chance.

    Tracks are compared in one space, the first of the settings that is complete for the tenant: what makes
    a recommendation can be shown then, and a second one joining changes none.
    """

    def __init__(self, homes: Homes) -> None:
        self._homes = homes

    async def recommend(
        self,
        tenant: UUID,
        seeds: Sequence[UUID] | Mapping[UUID, float],
        avoid: Sequence[UUID] = (),
        filter: TrackFilter | None = None,  # noqa: A002
        diversity: float = 0.3,
        first: int = 10,
        per_artist: int = PER_ARTIST,
    ) -> list[Recommendation]:
        """None of the seeds, none of `avoid`, at most `per_artist` of one artist.

        `seeds` may have weights, from -1 to 1 and at least one above 0: what is below is stayed away from, as
        `avoid` is with a weight of 1. `diversity`, 0..1, is how much a track counts for being unlike those
        before it (maximal marginal relevance, Carbonell & Goldstein 1998).

        Raises SeedNotFound, and SeedAvoided where a seed is in `avoid` too.
        """
        weights = dict(seeds) if isinstance(seeds, Mapping) else dict.fromkeys(seeds, 1.0)
        avoided = set(avoid)
        if both := [track for track in weights if track in avoided]:
            raise SeedAvoided(both)

        async def look(connection: asyncpg.Connection, standing: Standing) -> list[Recommendation]:
            reading = Reading(connection, tenant, standing.embedders[0], standing.home)
            given = {track.id: track for track in await reading.tracks([*weights, *avoid])}
            unknown = [id_ for id_ in weights if id_ not in given or is_blank(given[id_])]
            if unknown:
                raise SeedNotFound(unknown)
            taste = taste_of(given, weights | dict.fromkeys(avoid, -1.0), reading.embedder.unrelated)
            pool = await pool_of(reading, taste, {*weights, *avoid}, filter)
            why = {candidate.id: reasons(candidate, taste) for candidate in pool}
            pool = [candidate for candidate in pool if why[candidate.id]]
            scores = {id_: score(why[id_]) for id_ in why}
            chosen = spread(pool, scores, taste.unrelated, diversity, first, per_artist)
            return await with_passages(reading, chosen, why)

        return await self._homes.read(tenant, look)

    async def similar_tracks(
        self,
        tenant: UUID,
        track: UUID,
        first: int = 10,
        filter: TrackFilter | None = None,  # noqa: A002
    ) -> list[Recommendation]:
        """The tracks most like one; none while nothing is known of it."""
        try:
            return await self.recommend(tenant, [track], (), filter, 0.0, first)
        except SeedNotFound:
            return []

    async def similar_artists(self, tenant: UUID, artist: UUID, first: int = 10) -> list[ArtistMatch]:
        """The artists most like one, by all of their tracks together."""

        async def look(connection: asyncpg.Connection, standing: Standing) -> list[ArtistMatch]:
            reading = Reading(connection, tenant, standing.embedders[0], standing.home)
            return await artists.similar(reading, artist, first)

        return await self._homes.read(tenant, look)


def is_blank(track: Candidate) -> bool:
    return track.vector is None and not track.profile


def taste_of(given: Mapping[UUID, Candidate], weights: Mapping[UUID, float], unrelated: float) -> Taste:
    """Of the tracks that are there; weights are taken in proportion to the largest above 0."""
    most = max(weight for weight in weights.values() if weight > 0)
    liked = [(given[id_], weight / most) for id_, weight in weights.items() if weight > 0]
    disliked = [(given[id_], -weight) for id_, weight in weights.items() if weight < 0 and id_ in given]
    aversion = min(1.0, max((weight for _, weight in disliked), default=0.0))
    return Taste(liked, middle(liked), unrelated, middle(disliked), aversion)


async def pool_of(
    reading: Reading, taste: Taste, without: set[UUID], wanted: TrackFilter | None
) -> list[Candidate]:
    """Tracks that are worth comparing: near in meaning, or alike in what analyses say."""
    ids: dict[UUID, None] = {}
    if taste.toward is not None:
        away = AVOIDING * taste.aversion
        between = taste.toward if taste.away is None else unit(taste.toward - away * taste.away)
        ids |= dict.fromkeys(await reading.near(between, wanted))
    ids |= dict.fromkeys(await reading.like([seed for seed, _ in taste.liked]))
    return await reading.tracks([id_ for id_ in ids if id_ not in without], wanted)


async def with_passages(
    reading: Reading, chosen: Sequence[Candidate], why: Mapping[UUID, list[Reason]]
) -> list[Recommendation]:
    """Puts the closest pair of passages into each track's reason of meaning."""
    seeds = {c.id: next((r.seed for r in why[c.id] if r.kind == "meaning"), None) for c in chosen}
    lines = await reading.closest_pairs([(seed, track) for track, seed in seeds.items() if seed is not None])
    found: list[Recommendation] = []
    for track in chosen:
        passage, seed_passage = lines.get(track.id, (None, None))
        shown = [
            replace(reason, passage=passage, seed_passage=seed_passage)
            if reason.kind == "meaning"
            else reason
            for reason in why[track.id]
        ]
        found.append(Recommendation(track.id, score(shown), shown))
    return found


def score(why: Sequence[Reason]) -> float:
    return sum(reason.weight for reason in why)
