"""Recommendations offline: from some tracks of an artist, are the others found, among those of everybody?

Of each artist with at least four tracks half are seeds and half are held out. A list of ten is a hit where
it has a held-out track. The figures compare methods, and none of them is told whose songs they are.
`popularity` is the ten most popular tracks, or the same ten for all where nothing is known of that; `vectors
alone` the nearest to the seeds' middle. Diversity is the mean distance, 1 less the cosine, of two tracks of a
list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from statistics import mean
from uuid import UUID

import numpy as np

from app.search.candidates import Reading
from app.search.embeddings import FastEmbedder
from app.search.homes import SHARED, Homes
from app.search.likeness import Candidate
from app.search.recommend import RecommendationService
from app.search.variety import middle
from bench.quality.corpora import Corpus, corpora
from bench.quality.statistics import Figure, figure

LIST, FEWEST, MOST_ARTISTS = 10, 4, 150
METHODS = ("recommendations", "vectors alone", "popularity")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One artist's list by one method."""

    hit: bool
    found: float
    diversity: float


def figures() -> Iterator[Figure]:
    for of, outcomes in asyncio.run(measured()).items():
        for method, its in outcomes.items():
            yield figure("similar", f"{of}, {method}", "hit rate of ten", [o.hit for o in its], mean)
            yield figure("similar", f"{of}, {method}", "held out found", [o.found for o in its], mean)
            yield figure("similar", f"{of}, {method}", "diversity", [o.diversity for o in its], mean)


async def measured() -> dict[str, dict[str, list[Outcome]]]:
    async with corpora() as found:
        return {corpus.of: await outcomes(corpus) for corpus in found}


async def outcomes(corpus: Corpus) -> dict[str, list[Outcome]]:
    embedder = FastEmbedder()
    service = RecommendationService(Homes(corpus.database, [embedder]))
    async with corpus.database.reading(corpus.tenant) as connection:
        reading = Reading(connection, corpus.tenant, embedder, SHARED)
        known = {track.id: track for track in await reading.tracks(list(corpus.tracks))}
    popular = sorted(corpus.tracks, key=lambda id_: (-(corpus.tracks[id_].popularity or 0), id_))
    by_artist: dict[UUID, list[UUID]] = {}
    for track in known.values():
        by_artist.setdefault(track.artist, []).append(track.id)
    lists: dict[str, list[Outcome]] = {method: [] for method in METHODS}
    artists = [a for a, its in sorted(by_artist.items()) if len(its) >= FEWEST][:MOST_ARTISTS]
    for artist in artists:
        seeds, held = by_artist[artist][::2], set(by_artist[artist][1::2])
        ranked = await service.recommend(corpus.tenant, seeds[:20], first=LIST, per_artist=LIST)
        answers = {
            "recommendations": [match.track_id for match in ranked],
            "vectors alone": nearest(known, seeds),
            "popularity": [id_ for id_ in popular if id_ not in seeds][:LIST],
        }
        for method, answer in answers.items():
            right = held & set(answer)
            lists[method].append(
                Outcome(bool(right), len(right) / min(LIST, len(held)), diversity(known, answer))
            )
    return lists


def nearest(known: dict[UUID, Candidate], seeds: list[UUID]) -> list[UUID]:
    toward = middle([(known[id_], 1.0) for id_ in seeds])
    others = [track for id_, track in known.items() if id_ not in seeds and track.vector is not None]
    likeness = {track.id: float(np.dot(toward, track.vector)) for track in others}  # type: ignore[arg-type]
    return sorted(likeness, key=lambda id_: (-likeness[id_], id_))[:LIST]


def diversity(known: dict[UUID, Candidate], ids: list[UUID]) -> float:
    vectors = [vector for id_ in ids if (vector := known[id_].vector) is not None]
    pairs = list(combinations(vectors, 2))
    return mean(1 - float(np.dot(one, other)) for one, other in pairs) if pairs else 0.0
