"""Phrases: whole words in a row, found in the clauses of a line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from app.lyrics.tokens import words

T = TypeVar("T")
_CLAUSE_END = re.compile(r"[,.;:!?…—–()\[\]{}«»“”\"]+|\s-+\s")


def clauses(text: str) -> list[tuple[str, ...]]:
    """The words of a line between its marks of punctuation, `ё` as `е`; parts without words are left out."""
    parts = (words(part) for part in _CLAUSE_END.split(text.casefold().replace("ё", "е")))
    return [part for part in parts if part]


class Phrases(Generic[T]):
    """Values by phrase, as `content.toml` writes them: words, and behind a bar those that mustn't follow."""

    def __init__(self, entries: Iterable[tuple[str, T]] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], frozenset[str], T]]] = defaultdict(list)
        for entry, value in entries:
            phrase, _, unless = entry.partition("|")
            first, *rest = phrase.split()
            self._by_first[first].append(((first, *rest), frozenset(unless.split()), value))

    def find(self, tokens: Sequence[str]) -> Iterator[tuple[range, T]]:
        """Where each phrase stands in `tokens`, and its value."""
        for start, token in enumerate(tokens):
            for phrase, unless, value in self._by_first.get(token, ()):
                end = start + len(phrase)
                if tuple(tokens[start:end]) == phrase and unless.isdisjoint(tokens[end : end + 1]):
                    yield range(start, end), value
