"""A query taken apart: words and how much each says, exact phrases, and the whole as a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.search.errors import EmptyQuery, QueryTooLong
from app.search.lexicon import known
from app.search.names import fold
from app.search.query_vectors import topic

MAX_QUERY = 1_000  # characters
MAX_WORDS = 64  # different words that the lexical search looks at

_PHRASE = re.compile(r'"([^"]*)"|«([^»]*)»|“([^”]*)”')
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_UNKNOWN_WORD = 6.0


@dataclass(frozen=True, slots=True)
class Question:
    """`text` is what to embed; `weights[n]` says how telling `words[n]` is, and `known[n]` whether it exists;
    quotes made the `phrases`. `name` is all of it, and `topic` what it is about, as folded names."""

    text: str
    words: tuple[str, ...]
    weights: tuple[float, ...]
    known: tuple[bool, ...]
    phrases: tuple[str, ...]
    name: str
    topic: str

    @classmethod
    def parse(cls, query: str) -> Question:
        """Raises EmptyQuery without a word, QueryTooLong beyond MAX_QUERY characters."""
        if len(query) > MAX_QUERY:
            raise QueryTooLong(len(query), MAX_QUERY)
        query = _CONTROL.sub(" ", query)
        quoted = (next(filter(None, groups), "") for groups in _PHRASE.findall(query))
        phrases = tuple(phrase.strip() for phrase in quoted if _WORD.search(phrase))
        text = " ".join(_PHRASE.sub(lambda found: f" {found.group()[1:-1]} ", query).split())
        words = words_of(topic(text))[:MAX_WORDS]
        if not words:
            raise EmptyQuery(only_common_words=False)
        return cls(
            text,
            words,
            tuple(map(weight, words)),
            tuple(map(known, words)),
            phrases,
            fold(text),
            fold(topic(text)),
        )


def words_of(text: str) -> tuple[str, ...]:
    """The different words in order, in lower case."""
    return tuple(dict.fromkeys(word.lower() for word in _WORD.findall(text)))


def weight(word: str) -> float:
    """The information of a word in decimal digits, less one: a word of one in 10^n weighs n - 1, from 1 to 6.

    It comes from the word's frequency in its language (wordfreq, Speer 2022), not from the tenant's
    tracks: a score is the same on every page and for every tenant.
    """
    # Import here: it takes half a second, and a service should answer before that.
    from wordfreq import zipf_frequency

    frequency = zipf_frequency(word, "ru" if _CYRILLIC.search(word) else "en", wordlist="small")
    return min(_UNKNOWN_WORD, max(1.0, 8.0 - frequency))
