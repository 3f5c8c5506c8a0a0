"""Syllables of a word, the common ground of metre, rhyme and readability."""

from __future__ import annotations

import re
from functools import lru_cache

from app.analysis import pronunciation
from app.analysis.memo import MEMO

_RUSSIAN_VOWELS = frozenset("аеёиоуыэюяіѣѵ")
_GROUPS = re.compile(r"[aeiouy]+")


@lru_cache(maxsize=MEMO)
def count(word: str, language: str) -> int:
    """Syllables of a word in normal form: its vowels in Russian, its first pronunciation in English.

    At least 1 in English; 0 for the Russian prepositions without a vowel (в, к, с).
    """
    if language == "ru":
        return sum(letter in _RUSSIAN_VOWELS for letter in word) + (1 if _GROUPS.search(word) else 0)
    spoken = pronunciation.of(word)
    return max(1, sum(phone[-1].isdigit() for phone in spoken[0])) if spoken else spelled(word)


def spelled(word: str) -> int:
    """Syllables by spelling alone: groups of vowel letters, without a silent final e or -ed."""
    groups = len(_GROUPS.findall(word))
    silent_e = word.endswith("e") and not word.endswith(("le", "ee", "ye", "oe"))
    silent_ed = word.endswith("ed") and not word.endswith(("ted", "ded", "eed"))
    return max(1, groups - (silent_e or silent_ed))
