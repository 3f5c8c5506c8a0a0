"""Base forms of words: pymorphy3 for Russian, candidates by suffix for English."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from app.analysis import data

_VOWELS = frozenset("aeiouy")
_IRREGULAR = dict(pair.split("=") for pair in data.toml("words.toml")["english"]["irregular"].split())


@lru_cache(maxsize=1)
def _morphology() -> Any:
    # 0.25 s and 20 MB, so only when the first Russian text comes.
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=200_000)
def russian(word: str) -> str:
    """The most likely dictionary form of a lower-case Russian word, `ё` written as `е`."""
    return str(_morphology().parse(word)[0].normal_form).replace("ё", "е")


@lru_cache(maxsize=100_000)
def english(word: str) -> tuple[str, ...]:
    """Base forms that a lower-case English word may have, itself first, likeliest next.

    Meant for look-ups in a lexicon: a candidate need not be a word. Archaic -eth and -est count too.
    """
    found = [word]
    if word.endswith("in'"):
        word = word[:-1] + "g"
        found.append(word)
    for tail in ("'s", "'ll", "'ve", "'d", "'re", "'"):
        if word.endswith(tail):
            word = word[: -len(tail)]
            found.append(word)
            break
    if word in _IRREGULAR:
        found.append(_IRREGULAR[word])
    if len(word) > 3:
        if word.endswith("ies"):
            found.append(word[:-3] + "y")
        if word.endswith("es"):
            found.append(word[:-2])
        if word.endswith("s") and not word.endswith("ss"):
            found.append(word[:-1])
        for suffix in ("ed", "ing", "er", "est", "eth", "ers", "edst"):
            if word.endswith(suffix) and len(word) - len(suffix) > 2:
                found.extend(_unsuffixed(word[: -len(suffix)]))
        for suffix in ("ly", "ness", "less", "ful", "fully", "'d"):
            if word.endswith(suffix) and len(word) - len(suffix) > 2:
                found.append(word[: -len(suffix)])
                if word[-len(suffix) - 1] == "i":
                    found.append(word[: -len(suffix) - 1] + "y")
    return tuple(dict.fromkeys(found))


def _unsuffixed(stem: str) -> list[str]:
    forms = [stem, stem + "e"]
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
        forms.append(stem[:-1])
    if stem[-1] == "i":
        forms.append(stem[:-1] + "y")
    return forms
