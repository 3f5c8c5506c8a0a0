"""The sets that were labelled by hand, as `sets/README.md` tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.analysis.results import Sentiment
from app.lyrics.text import Lyrics
from bench.quality.gold_ru import DEMO, demo_lines

SETS = Path(__file__).with_name("sets")


@dataclass(frozen=True, slots=True)
class Song:
    """A demo verse: how it feels as a whole, what it is about, and whether a label would warn parents."""

    key: str
    lyrics: Lyrics
    sentiment: Sentiment
    themes: frozenset[str]
    explicit: bool

    @property
    def held_out(self) -> bool:
        """Whether nothing may be fitted on it: half of the songs, by the hash of their keys."""
        return _is_held_out(self.key)


@dataclass(frozen=True, slots=True)
class FeltLines:
    """A couplet, its sentiment, its main emotion where one is plain, and what makes it easy or hard."""

    lyrics: Lyrics
    sentiment: Sentiment
    emotion: str | None
    trait: str

    @property
    def held_out(self) -> bool:
        """Whether nothing may be fitted on it: half of the couplets, by the hash of their text."""
        return _is_held_out("\n".join(self.lyrics.original_lines))


@dataclass(frozen=True, slots=True)
class WarnedLine:
    """A line, whether it is explicit, its category if so, and what makes it easy or hard.

    `before_fixes`: written before the analyzer was mended with half of these lines in view; the others were
    written afterwards, and had been seen when what is implied was looked for.
    """

    lyrics: Lyrics
    language: str
    explicit: bool
    category: str | None
    trait: str
    before_fixes: bool


@dataclass(frozen=True, slots=True)
class ImpliedLine:
    """A line that says something explicit without a word for it, or one that is much like such a line."""

    lyrics: Lyrics
    explicit: bool
    category: str | None


def songs() -> list[Song]:
    """All 64, in the set's order."""
    return [
        Song(
            row["song"],
            Lyrics.parse("\n".join(demo_lines(row["song"])), title(row["song"]), row["song"].split("/")[1]),
            Sentiment(row["sentiment"]),
            frozenset(row["themes"]),
            row["explicit"],
        )
        for row in _rows("songs.jsonl")
    ]


def felt_lines() -> list[FeltLines]:
    return [
        FeltLines(_lyrics(row), Sentiment(row["sentiment"]), row["emotion"], row["trait"])
        for row in _rows("sentiment.jsonl")
    ]


def warned_lines() -> list[WarnedLine]:
    return [
        WarnedLine(
            _lyrics(row),
            row["language"],
            row["explicit"],
            row["category"],
            row["trait"],
            row["before_fixes"],
        )
        for row in _rows("explicit.jsonl")
    ]


def implied_lines() -> list[ImpliedLine]:
    return [ImpliedLine(_lyrics(row), row["explicit"], row["category"]) for row in _rows("implied.jsonl")]


def title(key: str) -> str:
    """What the demo verse `key` is called."""
    first = (DEMO / f"{key}.txt").read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("title: ")


def _is_held_out(text: str) -> bool:
    return sha256(text.encode()).digest()[0] % 2 == 0


def _lyrics(row: dict[str, Any]) -> Lyrics:
    return Lyrics.parse(row["text"], language=row["language"])


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (SETS / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
