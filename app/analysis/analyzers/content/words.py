"""The explicit words of `content.toml`, ready to look up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.analysis import data
from app.analysis.analyzers.content import tokens


@dataclass(frozen=True, slots=True)
class Word:
    """A category that a token speaks for, and how severe that word is, 0..1."""

    category: str
    severity: float


class ExplicitWords:
    """Looks a token up in the words of one language."""

    def __init__(self, language: str) -> None:
        table = data.toml("content.toml")
        self._script = re.compile("[a-z]" if language == "en" else "[а-я]")
        self._innocent = frozenset(table.pop("innocent")[language].split())
        self._maskable = table.pop("masked")[language].split()
        self._exact: dict[str, Word] = {}
        self._stems: dict[str, Word] = {}
        self._patterns: list[tuple[re.Pattern[str], Word]] = []
        self.phrases: list[tuple[str, Word]] = []
        self.titles = {category: str(group["title"]) for category, group in table.items()}
        for category, group in table.items():
            for words in group["words"]:
                find = Word(category, float(words["severity"]))
                for entry in words[language].split():
                    word = entry.rstrip("!~")
                    if word.endswith("*"):
                        self._stems.setdefault(word[:-1], find)
                    else:
                        self._exact.setdefault(word, find)
                if language == "ru":
                    self._patterns += [(re.compile(pattern), find) for pattern in words["patterns"]]
                for phrase in words.get("phrases", {}).get(language, ()):
                    self.phrases.append((phrase, find))
        self._longest = max(map(len, self._stems), default=0)
        self._found: dict[str, Word | None] = {}

    def find(self, chunk: str) -> Word | None:
        """What `chunk` (from `tokens.chunks`) speaks for, through its disguise; None for an innocent word."""
        if not self._script.search(chunk):
            return None
        if chunk not in self._found:
            if len(self._found) > 100_000:
                self._found.clear()
            self._found[chunk] = self._look_up(chunk)
        return self._found[chunk]

    def _look_up(self, chunk: str) -> Word | None:
        for reading in tokens.readings(chunk):
            if reading in self._innocent:
                return None
            found = self._plain(reading)
            if found:
                return found
        mask = tokens.mask_pattern(chunk)
        if mask:
            return next((self._plain(word) for word in self._maskable if mask.fullmatch(word)), None)
        return None

    def _plain(self, word: str) -> Word | None:
        base = word[:-2] if word.endswith(("'s", "’s")) else word
        if base in self._exact:
            return self._exact[base]
        for length in range(min(self._longest, len(word)), 2, -1):
            if word[:length] in self._stems:
                return self._stems[word[:length]]
        return next((find for pattern, find in self._patterns if pattern.match(word)), None)


@lru_cache(maxsize=4)
def explicit_words(language: str) -> ExplicitWords:
    """The words of "en" or "ru", read once."""
    return ExplicitWords(language)
