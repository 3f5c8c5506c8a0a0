"""Look-up of words in hand-written lexicons: lemmas, and stems marked with a star."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from app.analysis import lemmas
from app.analysis.memo import MEMO

STRONG, PLAIN, WEAK = 1.5, 1.0, 0.5
Hit = tuple[str, float]


class Find(Protocol):
    """What a word (in normal form, see `tokens.words`) speaks for; empty for most words."""

    def __call__(self, word: str, /) -> tuple[Hit, ...]: ...


@dataclass(slots=True)
class Lexicon:
    """Maps a word of `language` ("en" or "ru") to the (category, weight) pairs that it speaks for.

    In the files `word!` is strong (1.5), `word~` weak (0.5: it often means something else), `stem*` stands
    for every word that begins so. The longest stem wins, and a whole word wins over any stem.
    """

    language: str
    find: Find = field(init=False)
    _exact: dict[str, tuple[Hit, ...]] = field(default_factory=dict)
    _stems: dict[str, tuple[Hit, ...]] = field(default_factory=dict)
    _longest: int = 0
    _heads: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.find = lru_cache(maxsize=MEMO)(self._look_up)

    @classmethod
    def of(cls, language: str, categories: Mapping[str, str | Iterable[str]]) -> Lexicon:
        """A lexicon from each category's words, given as a list or as one whitespace-separated string."""
        lexicon = cls(language)
        for category, entries in categories.items():
            for entry in entries.split() if isinstance(entries, str) else entries:
                lexicon._add(category, entry)
        lexicon._longest = max(map(len, lexicon._stems), default=0)
        lexicon._heads = {entry[:2] for entry in (*lexicon._exact, *lexicon._stems)}
        return lexicon

    def _add(self, category: str, entry: str) -> None:
        weight = PLAIN
        if entry[-1] in "!~":
            weight = STRONG if entry[-1] == "!" else WEAK
            entry = entry[:-1]
        entry = entry.replace("ё", "е")
        table = self._exact
        if entry.endswith("*"):
            table, entry = self._stems, entry[:-1]
        table[entry] = (*table.get(entry, ()), (category, weight))

    def __len__(self) -> int:
        return len(self._exact) + len(self._stems)

    def _look_up(self, word: str) -> tuple[Hit, ...]:
        for form in self._forms(word):
            if form in self._exact:
                return self._exact[form]
        plain = word.replace("ё", "е")
        for length in range(min(self._longest, len(plain)), 1, -1):
            if plain[:length] in self._stems:
                return self._stems[plain[:length]]
        return ()

    def _forms(self, word: str) -> tuple[str, ...]:
        if self.language == "en":
            return lemmas.english(word)
        plain = word.replace("ё", "е")
        # A morphological parse takes 150 µs; forms keep their first letters, so most words need none.
        if plain[:2] not in self._heads or not "а" <= plain[:1] <= "я":
            return (plain,)
        return (plain, lemmas.russian(word))
