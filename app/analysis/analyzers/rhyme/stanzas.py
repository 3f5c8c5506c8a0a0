"""Schemes of all stanzas of a text, which tend to keep one form."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log

from app.analysis import data
from app.analysis.analyzers.rhyme import english, habits, russian, scheme
from app.analysis.analyzers.rhyme.scheme import Groups, Model, Odds
from app.lyrics.text import Line

_ODDS: dict[str, Callable[[str, str], float]] = {"en": english.odds, "ru": russian.odds}
# Longer stanzas (a paste without blank lines) are judged in pieces: rhymes don't reach that far.
MAX_LINES = 48
_CANDIDATES = 12
_PARTICLES = ("то", "ка", "либо", "нибудь", "таки")
_PARTICLE = re.compile(rf"[а-яё]+-(?:{'|'.join(_PARTICLES)})(?=[^а-яё]*$)")
# Pairs to weigh in one text. Songs stay far below; a text of thousands of lines is no song, and in it
# couplets and quatrains are found while rarer forms may not be.
MAX_PAIRS = 15_000
_HURRIED_WIDTH = 2
# How much the other stanzas of the same length weigh: a form that they all keep gains about 2 over one that
# none does, as much as one slant rhyme.
_UNITY = 1.0


@lru_cache(maxsize=1)
def model() -> Model:
    """The model of stanza forms, read once."""
    return Model.from_table(data.json("rhyme_model.json"))


def last_word(line: Line) -> str:
    """The word that carries the end rhyme, a Russian particle with it; empty for a line without words."""
    if not line.words:
        return ""
    # The particle has no stress of its own: когда-то rhymes with ребята, not with окно.
    joined = _PARTICLE.search(line.text.casefold()) if line.words[-1] in _PARTICLES else None
    return joined.group() if joined else line.words[-1]


def schemes(stanzas: Sequence[Sequence[Line]], language: str) -> list[list[int]]:
    """A group number a line for each stanza, from 0 in order of first appearance."""
    pieces = [
        (n, tuple(stanza[start : start + MAX_LINES]))
        for n, stanza in enumerate(stanzas)
        for start in range(0, len(stanza), MAX_LINES)
    ]
    reach = max(1, min(habits.WINDOW, MAX_PAIRS // max(1, sum(map(len, stanzas)))))
    chosen = _united([_candidates(piece, language, reach) for _, piece in pieces])
    found: list[list[int]] = [[] for _ in stanzas]
    for (n, _), groups in zip(pieces, chosen, strict=True):
        offset = max(found[n], default=-1) + 1
        found[n] += [offset + group for group in groups]
    return [
        _joined(groups, repeats(stanza)) if len(stanza) > MAX_LINES else groups
        for stanza, groups in zip(stanzas, found, strict=True)
    ]


def repeats(lines: Sequence[Line]) -> dict[int, int]:
    """The place of each line whose words were all sung before, and the place where they first were."""
    first: dict[tuple[str, ...], int] = {}
    return {
        n: first[line.words]
        for n, line in enumerate(lines)
        if line.words and first.setdefault(line.words, n) != n
    }


def _joined(groups: list[int], repeated: dict[int, int]) -> list[int]:
    """`groups` of pieces judged apart, one where a line of a piece was sung in an earlier one."""
    same = {group: group for group in groups}
    for later, earlier in repeated.items():
        one, other = same[groups[later]], same[groups[earlier]]
        if one != other:
            same = {group: other if now == one else now for group, now in same.items()}
    return [same[group] for group in groups]


def _candidates(lines: Sequence[Line], language: str, reach: int) -> list[tuple[float, Groups]]:
    ends = tuple(last_word(line) for line in lines)
    width = scheme.BEAM if reach == habits.WINDOW else _HURRIED_WIDTH
    found = scheme.candidates(pair_odds(ends, language, reach), model(), width, repeats(lines))
    return found[:_CANDIDATES]


def pair_odds(ends: Sequence[str], language: str, reach: int = habits.WINDOW) -> Odds:
    """Log-odds of rhyme of each pair of end words: row i with the lines before it, -9 out of `reach`."""
    rhyme = _ODDS[language]
    return [
        [rhyme(ends[j], ends[i]) if i - j <= reach and ends[i] and ends[j] else -9.0 for j in range(i)]
        for i in range(len(ends))
    ]


def _united(candidates: Sequence[Sequence[tuple[float, Groups]]]) -> list[Groups]:
    """The best candidate of each stanza once those of its own length have had their say."""
    first = [found[0][1] for found in candidates]
    alike: dict[int, Counter[Groups]] = defaultdict(Counter)
    for groups in first:
        alike[len(groups)][groups] += 1
    chosen: list[Groups] = []
    for found, own in zip(candidates, first, strict=True):
        others = alike[len(own)] - Counter([own])
        count = others.total()

        def united(
            candidate: tuple[float, Groups], others: Counter[Groups] = others, count: int = count
        ) -> float:
            return candidate[0] + _UNITY * log((others[candidate[1]] + 0.5) / (count + 0.5))

        chosen.append(max(found, key=united)[1] if count else own)
    return chosen
