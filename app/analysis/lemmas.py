"""Base forms of words: pymorphy3 for Russian, candidates by suffix for English."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from app.analysis import data
from app.analysis.memo import MEMO

_VOWELS = frozenset("aeiouy")
_ENGLISH = data.toml("words.toml")["english"]
_IRREGULAR = dict(pair.split("=") for pair in _ENGLISH["irregular"].split())
_SHORT = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
# What -es instead of -s follows: wishes, losses, heroes.
_HISSING = frozenset("sxzho")
_WHOLE = frozenset(_ENGLISH["whole"].split())


@lru_cache(maxsize=1)
def _morphology() -> Any:
    # 0.25 s and 20 MB, so only when the first Russian text comes.
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=MEMO)
def russian(word: str) -> str:
    """The most likely dictionary form of a lower-case Russian word, `ё` written as `е`."""
    return str(_morphology().parse(word)[0].normal_form).replace("ё", "е")


@lru_cache(maxsize=MEMO)
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
    if word in _WHOLE:
        return tuple(dict.fromkeys((*found, word)))
    if word in _IRREGULAR:
        found.append(_IRREGULAR[word])
    if len(word) > 3:
        if word.endswith("ies"):
            found.append(word[:-3] + "y")
        if word.endswith("es") and word[-3] in _HISSING:
            found.append(word[:-2])
        if word.endswith("s") and not word.endswith("ss"):
            found.append(word[:-1])
        for suffix in ("ed", "ing", "er", "est", "eth", "ers", "edst"):
            if word.endswith(suffix) and len(word) - len(suffix) > 2 and word.removesuffix("s") not in _WHOLE:
                found.extend(_unsuffixed(word[: -len(suffix)]))
        for suffix in ("ly", "ness", "ful", "fully", "'d"):
            if word.endswith(suffix) and len(word) - len(suffix) > 2:
                found.append(word[: -len(suffix)])
                if word[-len(suffix) - 1] == "i":
                    found.append(word[: -len(suffix) - 1] + "y")
    return tuple(dict.fromkeys(found))


def lacking(word: str) -> tuple[str, ...]:
    """Base forms of what a lower-case English word says is missing: fear for fearless, loved for unloved.

    Empty for other words. Like those of `english`, the bases need not be words.
    """
    for suffix in ("less", "lessly", "lessness"):
        base = word.removesuffix(suffix)
        if base != word and len(base) > 2 and word not in _WHOLE:
            return (base, base[:-1] + "y") if base.endswith("i") else (base,)
    return english(word[2:]) if word.startswith("un") and len(word) > 5 and word not in _WHOLE else ()


def _unsuffixed(stem: str) -> list[str]:
    # A short stem would have doubled its last letter: staring is from stare, not from star.
    forms = [stem + "e"] if _SHORT.fullmatch(stem) else [stem, stem + "e"]
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
        forms.append(stem[:-1])
    if stem[-1] == "i":
        forms.append(stem[:-1] + "y")
    return forms
