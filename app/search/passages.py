"""Lyrics cut into passages: a few lines that belong together, as search finds and shows them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from app.lyrics.text import Line, Lyrics

FEWEST, MOST = 4, 8  # lines of a passage: a quatrain or an octave, as most verses are built
LONG = 160  # sung lines from which on passages grow longer instead of more: an epic has about 20 too


@dataclass(frozen=True, slots=True)
class Span:
    """Stored lines `start_line`..`end_line`, from 1 and inclusive, and their cleaned text."""

    start_line: int
    end_line: int
    text: str


def passages(lyrics: Lyrics) -> list[Span]:
    """The passages in order, none twice: a chorus that returns word for word is there once.

    Each keeps to stanzas: short stanzas are joined up to FEWEST lines, long ones cut evenly into at
    most MOST. Empty where nothing is sung.
    """
    growth = max(1.0, len(lyrics.lines) / LONG)
    found: dict[tuple[tuple[str, ...], ...], Span] = {}
    for lines in _joined(lyrics.stanzas, ceil(FEWEST * growth)):
        for part in _cut(lines, ceil(MOST * growth)):
            found.setdefault(tuple(line.words for line in part), _span(part))
    return list(found.values())


def _joined(stanzas: tuple[tuple[Line, ...], ...], fewest: int) -> list[list[Line]]:
    joined: list[list[Line]] = []
    for stanza in stanzas:
        if joined and (len(joined[-1]) < fewest or len(stanza) < fewest // 2):
            joined[-1].extend(stanza)
        else:
            joined.append(list(stanza))
    if len(joined) > 1 and len(joined[-1]) < fewest:
        last = joined.pop()
        joined[-1].extend(last)
    return joined


def _cut(lines: list[Line], most: int) -> list[list[Line]]:
    parts = ceil(len(lines) / most)
    edges = [round(part * len(lines) / parts) for part in range(parts + 1)]
    return [lines[start:end] for start, end in pairwise(edges)]


def _span(lines: list[Line]) -> Span:
    return Span(lines[0].number, lines[-1].number, "\n".join(line.text for line in lines))
