"""How alike two tracks are, in four parts that add up: meaning, themes, feeling, technique."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np

from app.search.embeddings import Vectors

# What each part counts for. They add up to 1, so a score is 0..1.
WEIGHTS = {"meaning": 0.6, "themes": 0.2, "feeling": 0.1, "technique": 0.1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track or an artist as it is compared: the unit vector of its words, and what its analyses say of it,
    each as far as there is one. `arc` is valence over the song, -1..1; `rhyme` four shares, 0..1: of lines
    that rhyme, of multisyllabic and of internal rhymes a line, of perfect ones among all."""

    id: UUID
    artist: UUID
    vector: Vectors | None
    profile: Mapping[str, Any]
    arc: tuple[float, ...] = ()
    rhyme: tuple[float, ...] = ()

    @property
    def themes(self) -> dict[str, float]:
        return {theme["name"]: theme["confidence"] for theme in self.profile.get("themes") or ()}


@dataclass(frozen=True, slots=True)
class Lines:
    """Stored lines of a track, from 1 and inclusive."""

    track: UUID
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score. `weight` is its share of it; the two passages are the closest pair, one of the
    match and one of the seed."""

    kind: str
    label: str
    weight: float
    seed: UUID | None = None
    passage: Lines | None = None
    seed_passage: Lines | None = None


@dataclass(frozen=True, slots=True)
class Taste:
    """What a candidate is compared with: the liked, each with its weight of at most 1, their middle, and the
    middle of what is to be stayed away from, with its weight. `unrelated` is what cosines of songs that have
    nothing to do with each other usually are."""

    liked: Sequence[tuple[Candidate, float]]
    toward: Vectors | None
    unrelated: float
    away: Vectors | None = None
    aversion: float = field(default=0.0)


AVOIDING = 0.5  # what being close to the avoided counts, against 1 for being close to the seeds


def closeness(one: Vectors | None, other: Vectors | None, unrelated: float) -> float:
    """0 for unit vectors that are no closer than `unrelated` songs usually are, 1 for the same vector."""
    if one is None or other is None:
        return 0.0
    return min(1.0, max(0.0, (float(np.dot(one, other)) - unrelated) / (1 - unrelated)))


def reasons(candidate: Candidate, taste: Taste) -> list[Reason]:
    """Why a candidate is like the seeds, strongest first; the weights add up to its score.

    Meaning is compared with the middle of the seeds, less a part of its closeness to what is to be avoided
    (after Rocchio 1971); every other part with the seed that it fits best. Empty where nothing is left.
    """

    def close(other: Vectors | None) -> float:
        return closeness(other, candidate.vector, taste.unrelated)

    meaning = close(taste.toward) - AVOIDING * taste.aversion * close(taste.away)
    closest = max(taste.liked, key=lambda seed: (seed[1] * close(seed[0].vector), seed[0].id))
    found = [Reason("meaning", "Close in meaning", meaning, closest[0].id)]
    for part in PARTS:
        judged = [(weight, part(seed, candidate), seed.id) for seed, weight in taste.liked]
        weight, (label, likeness), seed_id = max(judged, key=lambda one: (one[0] * one[1][1], one[2]))
        found.append(Reason(KINDS[part], label, weight * likeness, seed_id))
    weighted = [
        Reason(reason.kind, reason.label, WEIGHTS[reason.kind] * reason.weight, reason.seed)
        for reason in found
        if reason.weight > 0
    ]
    return sorted(weighted, key=lambda reason: (-reason.weight, reason.kind))


def shared_themes(seed: Candidate, candidate: Candidate) -> tuple[str, float]:
    """Weighted Jaccard likeness of the themes' confidences (Ruzicka)."""
    ours, theirs = seed.themes, candidate.themes
    least = {name: min(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()}
    most = sum(max(ours.get(name, 0), theirs.get(name, 0)) for name in ours.keys() | theirs.keys())
    names = sorted(least, key=lambda name: (-least[name], name))
    label = "Shares the theme " + names[0] if len(names) == 1 else "Shares the themes " + ", ".join(names[:3])
    return label, sum(least.values()) / most if most else 0.0


def same_feeling(seed: Candidate, candidate: Candidate) -> tuple[str, float]:
    """Sentiment and mood, half each; where both songs' course of feeling is known that is half of all, by the
    mean distance of its parts on a scale of 2."""
    mine, other = seed.profile, candidate.profile
    same = [name for name in ("sentiment", "mood") if mine.get(name) and mine.get(name) == other.get(name)]
    label = " and ".join(f"{name} ({str(mine[name]).lower()})" for name in same)
    likeness = len(same) / 2
    if len(seed.arc) == len(candidate.arc) > 0:
        # A quarter of the scale apart on average is not alike any more.
        course = max(0.0, 1 - 4 * distance(seed.arc, candidate.arc) / 2)
        likeness = (likeness + course) / 2
        if course > 0.5:
            label = f"{label}, and feels alike from start to end" if label else "it feels alike throughout"
    return f"Same {label}" if same else label.capitalize(), likeness


def close_technique(seed: Candidate, candidate: Candidate) -> tuple[str, float]:
    """1 less twice the mean difference of the shares, so that half the scale apart is not alike at all; of
    the profiles' single figure where a song's rhymes were not analysed."""
    if seed.rhyme and candidate.rhyme:
        return "Rhymes in the same way", max(0.0, 1 - 2 * distance(seed.rhyme, candidate.rhyme))
    mine, other = seed.profile.get("technique"), candidate.profile.get("technique")
    near = 0.0 if mine is None or other is None else max(0.0, 1 - 2 * abs(mine - other))
    return "Rhymes as densely", near


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


PARTS = (shared_themes, same_feeling, close_technique)
KINDS = {shared_themes: "themes", same_feeling: "feeling", close_technique: "technique"}
