"""Which of many like tracks to recommend: close ones, yet not the same song ten times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import numpy as np

from app.search.embeddings import Vectors, unit
from app.search.likeness import Candidate, closeness

PER_ARTIST = 3


def middle(weighted: Sequence[tuple[Candidate, float]]) -> Vectors | None:
    """The unit vector between candidates by weight; None where none has one."""
    vectors = [weight * candidate.vector for candidate, weight in weighted if candidate.vector is not None]
    return unit(np.sum(np.stack(vectors), axis=0)) if vectors else None


def spread(
    pool: Sequence[Candidate],
    scores: dict[UUID, float],
    unrelated: float,
    diversity: float,
    first: int,
    per_artist: int = PER_ARTIST,
) -> list[Candidate]:
    """The best `first` of the pool, each weighed against its likeness to those chosen before it.

    `unrelated` is as in `likeness.Taste`.
    """
    chosen: list[Candidate] = []
    likeness = dict.fromkeys(scores, 0.0)
    artists: Counter[UUID] = Counter()
    left = list(pool)
    while left and len(chosen) < first:
        # The score again, for ties: with a diversity of 1 the first choice would otherwise be any.
        best = max(
            left,
            key=lambda c: ((1 - diversity) * scores[c.id] - diversity * likeness[c.id], scores[c.id], c.id),
        )
        left.remove(best)
        chosen.append(best)
        artists[best.artist] += 1
        if artists[best.artist] >= per_artist:
            left = [c for c in left if c.artist != best.artist]
        for other in left:
            likeness[other.id] = max(likeness[other.id], closeness(best.vector, other.vector, unrelated))
    return chosen
