"""The explicit words of `content.toml`, ready to look up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from app.analysis import data
from app.analysis.analyzers.content import tokens
from app.analysis.memo import MEMO
from app.analysis.phrases import Phrases

# How many words a negation reaches inside its clause: "don't ever really want to die".
_REACH = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A category that a token speaks for, how severe it is, 0..1, and whether it may be an ordinary word."""

    category: str
    severity: float
    ambiguous: bool = False


class ExplicitWords:
    """Looks tokens and phrases up in the words of one language."""

    def __init__(self, language: str) -> None:
        table = data.toml("content.toml")
        innocent = table.pop("innocent")
        self._script = re.compile("[a-z]" if language == "en" else "[а-я]")
        self._innocent = frozenset(innocent[language].split())
        self._excuses = Phrases((phrase, None) for phrase in innocent["phrases"][language])
        self.names = frozenset(table.pop("names")[language].split())
        self._negations = frozenset(table.pop("negation")[language].split())
        self._maskable = table.pop("masked")[language].split()
        self._exact: dict[str, Word] = {}
        self._stems: dict[str, Word] = {}
        self._patterns: list[tuple[re.Pattern[str], Word]] = []
        self.titles = {category: str(group["title"]) for category, group in table.items()}
        phrases: list[tuple[str, Word]] = []
        surely: list[tuple[str, str]] = []
        for category, group in table.items():
            for words in group["words"]:
                found = Word(category, float(words["severity"]), bool(words.get("ambiguous")))
                self._add(words, language, found)
                phrases += [(phrase, found) for phrase in words.get("phrases", {}).get(language, ())]
                surely += [(phrase, category) for phrase in words.get("surely", {}).get(language, ())]
        self._phrases = Phrases(phrases)
        self._surely = Phrases(surely)
        self._longest = max(map(len, self._stems), default=0)
        self._remembered = lru_cache(maxsize=MEMO)(self._look_up)

    def _add(self, words: dict[str, Any], language: str, found: Word) -> None:
        for entry in words[language].split():
            if entry.endswith("*"):
                self._stems.setdefault(entry[:-1], found)
            else:
                self._exact.setdefault(entry, found)
        if language == "ru":
            self._patterns += [(re.compile(pattern), found) for pattern in words.get("patterns", ())]

    def find(self, chunk: str) -> Word | None:
        """What `chunk` (from `tokens.chunks`) speaks for, through its disguise; None for an innocent word."""
        return self._remembered(chunk) if self._script.search(chunk) else None

    def excused(self, chunks: Sequence[str]) -> set[int]:
        """The places in `chunks` that an innocent phrase covers."""
        return {place for places, _ in self._excuses.find(chunks) for place in places}

    def said(self, clause: Sequence[str]) -> Iterator[Word]:
        """What the phrases in `clause` (from `phrases.clauses`) speak for, unless they are negated."""
        for places, found in self._phrases.find(clause):
            if self._negations.isdisjoint(clause[max(0, places.start - _REACH) : places.start]):
                yield found

    def sure(self, clause: Sequence[str]) -> set[str]:
        """The categories whose ambiguous words are meant in `clause`."""
        return {category for _, category in self._surely.find(clause)}

    def _look_up(self, chunk: str) -> Word | None:
        for reading in tokens.readings(chunk):
            if reading in self._innocent:
                return None
            found = self._plain(reading)
            if found:
                return found
        mask = tokens.mask_pattern(chunk)
        meant = mask and next((self._plain(word) for word in self._maskable if mask.fullmatch(word)), None)
        # Nobody masks a garden hoe.
        return replace(meant, ambiguous=False) if meant else None

    def _plain(self, word: str) -> Word | None:
        base = word[:-2] if word.endswith(("'s", "’s")) else word
        if base in self._exact:
            return self._exact[base]
        for length in range(min(self._longest, len(word)), 2, -1):
            if word[:length] in self._stems:
                return self._stems[word[:length]]
        return next((found for pattern, found in self._patterns if pattern.fullmatch(word)), None)


@lru_cache(maxsize=4)
def explicit_words(language: str) -> ExplicitWords:
    """The words of "en" or "ru", read once."""
    return ExplicitWords(language)
