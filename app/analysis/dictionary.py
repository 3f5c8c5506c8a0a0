"""The CMU Pronouncing Dictionary, by word and by ending."""

from __future__ import annotations

from functools import lru_cache

from app.analysis import data

Phones = tuple[str, ...]
Readings = tuple[Phones, ...]


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, str]:
    return dict(line.split("\t", 1) for line in data.text("cmudict.tsv.gz").splitlines())


@lru_cache(maxsize=1)
def _also() -> dict[str, Phones]:
    entries = (entry.split("=") for entry in data.toml("spelling.toml")["also"].split())
    return {word: tuple(sounds.split(".")) for word, sounds in entries}


@lru_cache(maxsize=1)
def reversed_words() -> list[str]:
    """Every word spelled backwards, in order: words that share an ending stand together."""
    return sorted(word[::-1] for word in _dictionary() if "'" not in word)


def known(word: str) -> Readings:
    """The dictionary's pronunciations and those of verse, most usual first; empty when it lacks the word."""
    found = _dictionary().get(word)
    listed = tuple(tuple(reading.split()) for reading in found.split("|")) if found else ()
    return (*listed, _also()[word]) if word in _also() else listed
