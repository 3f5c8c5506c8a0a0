"""How alike two tracks are, in four parts that add up: meaning, themes, feeling, technique."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from app.search.embeddings import Vectors

# What each part counts for. They add up to 1, so a score is 0..1.
WEIGHTS = {"meaning": 0.6, "themes": 0.2, "feeling": 0.1, "technique": 0.1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track as it is compared: the unit vector of its words, and its profile where it has one."""

    id: UUID
    artist: UUID
    vector: Vectors
    profile: Mapping[str, Any]

    @property
    def themes(self) -> dict[str, float]:
        return {theme["name"]: theme["confidence"] for theme in self.profile.get("themes") or ()}


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score. `weight` is its share of it; lines are those of `passage_track`."""

    kind: str
    label: str
    weight: float
    seed: UUID | None = None
    passage_track: UUID | None = None
    start_line: int | None = None
    end_line: int | None = None


AVOIDING = 0.5  # what being close to the avoided counts, against 1 for being close to the seeds

# The cosine of two wholes that were picked at random has a median of .49 over the shared songs, and that of
# a song and its nearest neighbour .85: all verses are alike in being verses.
UNRELATED = 0.45


def closeness(one: Vectors, other: Vectors) -> float:
    """0 for unit vectors that are no closer than unrelated songs usually are, 1 for the same vector."""
    return min(1.0, max(0.0, (float(np.dot(one, other)) - UNRELATED) / (1 - UNRELATED)))


def reasons(
    candidate: Candidate, seeds: Sequence[Candidate], toward: Vectors, away: Vectors | None = None
) -> list[Reason]:
    """Why a candidate is like the seeds, strongest first; the weights add up to its score.

    Meaning is compared with `toward`, the middle of the seeds, less a part of its closeness to `away`, the
    middle of what is to be avoided (after Rocchio 1971); every other part with the seed that it fits best.
    Empty where nothing is left.
    """
    closest = max(seeds, key=lambda seed: (closeness(seed.vector, candidate.vector), seed.id))
    meaning = closeness(toward, candidate.vector)
    if away is not None:
        meaning -= AVOIDING * closeness(away, candidate.vector)
    found = [Reason("meaning", "Close in meaning", meaning, closest.id)]
    found += [max((part(seed, candidate) for seed in seeds), key=lambda r: r.weight) for part in PARTS]
    weighted = [
        Reason(reason.kind, reason.label, WEIGHTS[reason.kind] * reason.weight, reason.seed)
        for reason in found
        if reason.weight > 0
    ]
    return sorted(weighted, key=lambda reason: (-reason.weight, reason.kind))


def shared_themes(seed: Candidate, candidate: Candidate) -> Reason:
    """Weighted Jaccard likeness of the themes' confidences (Ruzicka)."""
    ours, theirs = seed.themes, candidate.themes
    least = {name: min(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()}
    most = sum(max(ours.get(name, 0), theirs.get(name, 0)) for name in ours.keys() | theirs.keys())
    names = sorted(least, key=lambda name: (-least[name], name))
    label = "Shares the theme " + names[0] if len(names) == 1 else "Shares the themes " + ", ".join(names[:3])
    return Reason("themes", label, sum(least.values()) / most if most else 0.0, seed.id)


def same_feeling(seed: Candidate, candidate: Candidate) -> Reason:
    """Half for the sentiment, half for the mood."""
    mine, other = seed.profile, candidate.profile
    same = [name for name in ("sentiment", "mood") if mine.get(name) and mine.get(name) == other.get(name)]
    words = " and ".join(f"{name} ({str(mine[name]).lower()})" for name in same)
    return Reason("feeling", f"Same {words}", len(same) / 2, seed.id)


def close_technique(seed: Candidate, candidate: Candidate) -> Reason:
    """1 less twice the difference in technique, so that half the scale apart is not alike at all."""
    mine, other = seed.profile.get("technique"), candidate.profile.get("technique")
    near = 0.0 if mine is None or other is None else max(0.0, 1 - 2 * abs(mine - other))
    return Reason("technique", "Rhymes as densely", near, seed.id)


PARTS = (shared_themes, same_feeling, close_technique)
