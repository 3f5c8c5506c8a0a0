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


def cosine(one: Vectors, other: Vectors) -> float:
    """0..1: a negative cosine is no likeness."""
    return max(0.0, float(np.dot(one, other)))


def reasons(candidate: Candidate, seeds: Sequence[Candidate], toward: Vectors) -> list[Reason]:
    """Why a candidate is like the seeds, strongest first; the weights add up to its score.

    Meaning is compared with `toward`, the middle of the seeds less what is to be avoided; every other
    part with the seed that it fits best.
    """
    closest = max(seeds, key=lambda seed: (cosine(seed.vector, candidate.vector), seed.id))
    found = [Reason("meaning", "Close in meaning", cosine(toward, candidate.vector), closest.id)]
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
