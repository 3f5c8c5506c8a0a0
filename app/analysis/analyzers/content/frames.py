"""What a line says that is explicit without a word for it: the frames of `frames.toml`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from app.analysis import data
from app.analysis.memo import MEMO

# How far the words of a frame may be apart: a line of verse is seldom longer.
_SPAN = 8
# A word that comes again and again fills a frame with its first uses as well as with all of them.
_MOST_PLACES = 4

Part = tuple[int, int]  # a frame's number, and which of its groups


@dataclass(frozen=True, slots=True)
class _Frame:
    category: str
    groups: int
    excuses: frozenset[str]
    excusing_stems: tuple[str, ...]

    def excused(self, words: Sequence[str]) -> bool:
        return any(word in self.excuses or word.startswith(self.excusing_stems) for word in words)


class Frames:
    """The frames of one language ("en" or "ru"). Raises KeyError for a group that the file lacks."""

    def __init__(self, language: str) -> None:
        table = data.toml("frames.toml")
        table.pop("severity")
        self._groups: dict[str, str] = table.pop("groups")[language]
        self._frames: list[_Frame] = []
        self._exact: dict[str, set[Part]] = defaultdict(set)
        self._stems: dict[str, set[Part]] = defaultdict(set)
        for category, frames in table.items():
            for frame in frames[language]:
                self._add(category, frame)
        self._longest = max(map(len, self._stems), default=0)
        self._parts = lru_cache(maxsize=MEMO)(self._look_up)

    def find(self, words: Sequence[str], negations: frozenset[str], reach: int) -> Iterator[str]:
        """The category of each frame that `words` (of a line, ё as е) fill; a negation up to `reach` words
        before the first of them takes it back."""
        places: dict[int, dict[int, list[int]]] = {}
        for place, word in enumerate(words):
            for number, group in self._parts(word):
                places.setdefault(number, {}).setdefault(group, []).append(place)
        for number, groups in places.items():
            frame = self._frames[number]
            start = _filled(list(groups.values())) if len(groups) == frame.groups else None
            if start is None or frame.excused(words):
                continue
            if negations.isdisjoint(words[max(0, start - reach) : start]):
                yield frame.category

    def _add(self, category: str, frame: str) -> None:
        filled, _, excuses = frame.partition("|")
        groups = [self._words(group) for group in filled.split("+")]
        excusing = self._words(excuses)
        self._frames.append(
            _Frame(
                category,
                len(groups),
                frozenset(word for word in excusing if not word.endswith("*")),
                tuple(word[:-1] for word in excusing if word.endswith("*")),
            )
        )
        for group, entries in enumerate(groups):
            for entry in entries:
                table = self._stems if entry.endswith("*") else self._exact
                table[entry.rstrip("*")].add((len(self._frames) - 1, group))

    def _words(self, entries: str) -> list[str]:
        named = (self._groups[entry[1:]] if entry.startswith("@") else entry for entry in entries.split())
        return [word for entry in named for word in entry.split()]

    def _look_up(self, word: str) -> tuple[Part, ...]:
        found = set(self._exact.get(word, ()))
        for length in range(2, min(self._longest, len(word)) + 1):
            found |= self._stems.get(word[:length], set())
        return tuple(sorted(found))


def _filled(places: Sequence[Sequence[int]]) -> int | None:
    """Where the first of the words stands that fill the groups; None where these are too far apart."""
    for chosen in product(*(each[:_MOST_PLACES] for each in places)):
        if len(set(chosen)) == len(chosen) and max(chosen) - min(chosen) <= _SPAN:
            return min(chosen)
    return None


def severities() -> dict[str, float]:
    """Category → severity of each of its frames."""
    return {name: float(value) for name, value in data.toml("frames.toml")["severity"].items()}
