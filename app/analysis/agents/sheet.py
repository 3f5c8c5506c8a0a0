"""A song as a model reads it, and the way back from what it quotes to lines that are there."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

from pydantic import BaseModel, ConfigDict

from app.analysis import evidence
from app.analysis.results import Evidence
from app.lyrics.text import Lyrics

MAX_CHARS = 40_000  # of a song; the longest that is sung has a quarter of it
_PER_NAME = 3


class Strict(BaseModel):
    """An answer or a part of one: exactly its fields, or it is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Quote(Strict):
    """What a model says stands in a line."""

    line: int
    text: str


def block(name: str, body: str) -> str:
    """`body` between marks with a code that it can't hold, since the code is made of it."""
    code = sha256(body.encode()).hexdigest()[:16]
    return f"<<<{name} {code}>>>\n{body}\n<<<end {code}>>>"


def lyrics_block(lyrics: Lyrics) -> str:
    """The sung lines with their stored numbers. No line of a song can begin otherwise than by its number."""
    stanzas = ["\n".join(f"{line.number}| {line.text}" for line in stanza) for stanza in lyrics.stanzas]
    return block("lyrics", "\n\n".join(stanzas))


def plain(text: str) -> str:
    """Compared form: models straighten quotation marks, fold spaces and change case."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").translate(_MARKS)
    spaced = "".join(char if char.isalnum() or char == "'" else " " for char in folded)
    return " ".join(filter(None, (word.strip("'") for word in spaced.split())))


_MARKS = str.maketrans("’ʼ‘`´′", "''''''")


class Checker:
    """Looks up quotes in one song; `dropped` counts what is not there."""

    def __init__(self, lyrics: Lyrics) -> None:
        self._lyrics = lyrics
        self._lines = {line.number: f" {plain(line.text)} " for line in lyrics.lines}
        self.dropped = 0
        self.kept = 0

    def quotes(self, quotes: list[Quote], supports: str) -> list[Evidence]:
        """The lines that hold the quotes, in the song's order, three at most; the number may be off."""
        found: set[int] = set()
        for quote in quotes:
            number = self._find(quote)
            if number is None:
                self.dropped += 1
            else:
                self.kept += 1
                found.add(number)
        numbers = sorted(found)[:_PER_NAME]
        return [evidence.quote(self._lyrics, number, number, supports) for number in numbers]

    def holds(self, name: str, quotes: list[Quote]) -> list[int]:
        """Numbers of the quoted lines that really hold the words of `name`."""
        wanted = f" {plain(name)} "
        numbers = {number for quote in quotes if (number := self._find(quote)) is not None}
        return sorted(number for number in numbers if wanted.strip() and wanted in self._lines[number])

    def _find(self, quote: Quote) -> int | None:
        wanted = f" {plain(quote.text)} "
        if not wanted.strip():
            return None
        if wanted in self._lines.get(quote.line, ""):
            return quote.line
        # Elsewhere a single word proves nothing: it may stand in any song.
        if len(wanted.split()) < 2:
            return None
        return next((number for number, line in self._lines.items() if wanted in line), None)
