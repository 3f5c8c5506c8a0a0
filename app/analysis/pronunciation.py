"""How an English word sounds, in ARPABET: the CMU dictionary, then word formation, then analogy of endings.

Vowels end in their stress: 1 primary, 2 secondary, 0 none.
"""

from __future__ import annotations

from functools import lru_cache

from app.analysis import analogy, spelling
from app.analysis.dictionary import Phones, Readings, known
from app.analysis.memo import MEMO

# More letters than any word has; a scream or a paste is heard by its end, and costs no more than a word.
MAX_LETTERS = 40
# In furled and garlanded these are the mark of the past, not a metal or a colour.
_NO_COMPOUND = ("led", "red", "ned", "ted", "ked")
_PREFIX_SOUNDS: dict[str, Phones] = {
    "re": ("R", "IY0"),
    "be": ("B", "IH0"),
    "en": ("EH0", "N"),
    "a": ("AH0",),
}
_SPLIT_PREFIXES = (
    "un",
    "out",
    "over",
    "under",
    "fore",
    "mis",
    "up",
    "be",
    "re",
    "en",
    "dis",
    "in",
    "a",
)


@lru_cache(maxsize=MEMO)
def of(word: str) -> Readings:
    """Pronunciations of a word in normal form, likeliest first; never empty for a word of Latin letters."""
    plain = spelling.unaccented(word[-MAX_LETTERS:])
    found = _clipped(plain) or known(plain) or _elided(plain)
    if spelling.sounds_ed(word):
        base = found or _formed(plain) or analogy.readings(plain)
        return tuple(_with_sounded_ed(reading) for reading in base)
    if found:
        return found
    plain = plain.replace("'", "")
    return known(plain) or _formed(plain) or analogy.readings(plain)


def _with_sounded_ed(reading: Phones) -> Phones:
    """belovèd: the ending is a syllable of its own."""
    if len(reading) > 2 and reading[-2][-1].isdigit():
        return reading
    stem = reading[:-1]
    return (*stem, "IH0", "D")


def _clipped(word: str) -> Readings:
    """runnin': as running, and with its N. The dictionary's own goin' wouldn't rhyme with flowin'."""
    if not word.endswith("in'"):
        return ()
    full = known(word[:-1] + "g") or _formed(word[:-1] + "g")
    return tuple(dict.fromkeys(form for reading in full for form in (reading, (*reading[:-1], "N"))))


def _elided(word: str) -> Readings:
    if "'" not in word:
        return ()
    return next((found for form in spelling.unelided(word) if (found := known(form) or _formed(form))), ())


def _formed(word: str) -> Readings:
    """From known words: inflection, suffix, prefix, compound, British spelling."""
    return _inflected(word) or _respelled(word) or _prefixed(word) or _compound(word)


def _inflected(word: str) -> Readings:
    if word.endswith("s") and len(word) > 3:
        base = known(word[:-1]) or (known(word[:-2]) if word.endswith("es") else ())
        if word.endswith("ies"):
            base = known(word[:-3] + "y") or base
        if base:
            return tuple((*reading, *spelling.plural(reading[-1])) for reading in base)
    if word.endswith("ed") and len(word) > 4:
        base = _first_known(word[:-2])
        if base:
            return tuple((*reading, *spelling.past(reading[-1])) for reading in base)
    if word.endswith("t") and len(word) > 4:
        # Older verse writes the past as it sounds: drest, opprest, dropt, linkt.
        base = known(word[:-1] + word[-2]) or (known(word[:-1]) if word[-2] != "s" else ())
        if base and base[0][-1] in spelling.VOICELESS_ENDS:
            return tuple((*reading, "T") for reading in base)
    for suffix, phones in spelling.SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) > 2:
            base = _first_known(word[: -len(suffix)])
            if base:
                return tuple((*reading, *phones) for reading in base)
    return ()


def _first_known(stem: str) -> Readings:
    return next((found for form in spelling.stems(stem) if (found := known(form))), ())


def _respelled(word: str) -> Readings:
    return next((found for form in spelling.american(word) if (found := known(form) or _suffixed(form))), ())


def _suffixed(word: str) -> Readings:
    # A respelling that ends in -in is no clipped -ing: repine isn't rep + in.
    return () if word.endswith("in") else _inflected(word)


def _prefixed(word: str) -> Readings:
    for prefix in _SPLIT_PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) > 2:
            rest = known(word[len(prefix) :]) or _inflected(word[len(prefix) :])
            if rest:
                head = _PREFIX_SOUNDS.get(prefix) or known(prefix)[0]
                return tuple((*spelling.unstressed(head), *reading) for reading in rest)
    return ()


def _compound(word: str) -> Readings:
    for cut in range(3, len(word) - 2):
        if word[cut:] in _NO_COMPOUND:
            continue
        first = known(word[:cut])
        second = (known(word[cut:]) or _inflected(word[cut:])) if first else ()
        if second:
            # The second part keeps a secondary stress: it can carry a rhyme (heart-strings, moonlight).
            return tuple((*first[0], *(p.replace("1", "2") for p in reading)) for reading in second)
    return ()
