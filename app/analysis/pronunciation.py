"""How an English word sounds, in ARPABET: the CMU dictionary, then word formation, then analogy of endings.

Vowels end in their stress: 1 primary, 2 secondary, 0 none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from functools import lru_cache

from app.analysis import data, spelling

Phones = tuple[str, ...]
Readings = tuple[Phones, ...]

_NEIGHBOURS = 24
_VOICELESS = frozenset({"P", "T", "K", "F", "TH"})
_SIBILANT = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
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


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, str]:
    return dict(line.split("\t", 1) for line in data.text("cmudict.tsv.gz").splitlines())


@lru_cache(maxsize=1)
def _reversed_words() -> list[str]:
    return sorted(word[::-1] for word in _dictionary() if "'" not in word)


def known(word: str) -> Readings:
    """The dictionary's pronunciations, most usual first; empty when it lacks the word."""
    found = _dictionary().get(word)
    return tuple(tuple(reading.split()) for reading in found.split("|")) if found else ()


@lru_cache(maxsize=100_000)
def of(word: str) -> Readings:
    """Pronunciations of a word in normal form, likeliest first; never empty for a word of Latin letters."""
    plain = spelling.unaccented(word)
    found = known(plain) or _elided(plain)
    if spelling.sounds_ed(word):
        base = found or _formed(plain) or _by_analogy(plain)
        return tuple(_with_sounded_ed(reading) for reading in base)
    if found:
        return found
    plain = plain.replace("'", "")
    return known(plain) or _formed(plain) or _by_analogy(plain)


def _with_sounded_ed(reading: Phones) -> Phones:
    """belovèd: the ending is a syllable of its own."""
    if len(reading) > 2 and reading[-2][-1].isdigit():
        return reading
    stem = reading[:-1]
    return (*stem, "IH0", "D")


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
            return tuple((*reading, *_plural(reading[-1])) for reading in base)
    if word.endswith("ed") and len(word) > 4:
        base = _first_known(word[:-2])
        if base:
            return tuple((*reading, *_past(reading[-1])) for reading in base)
    for suffix, phones in spelling.SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) > 2:
            base = _first_known(word[: -len(suffix)])
            if base:
                return tuple((*reading, *phones) for reading in base)
    return ()


def _first_known(stem: str) -> Readings:
    return next((found for form in spelling.stems(stem) if (found := known(form))), ())


def _plural(last: str) -> Phones:
    if last in _SIBILANT:
        return ("IH0", "Z")
    return ("S",) if last in _VOICELESS else ("Z",)


def _past(last: str) -> Phones:
    if last in ("T", "D"):
        return ("IH0", "D")
    return ("T",) if last in _VOICELESS or last in ("S", "SH", "CH") else ("D",)


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
                return tuple((*_unstressed(head), *reading) for reading in rest)
    return ()


def _compound(word: str) -> Readings:
    for cut in range(3, len(word) - 2):
        first = known(word[:cut])
        second = (known(word[cut:]) or _inflected(word[cut:])) if first else ()
        if second:
            # The second part keeps a secondary stress: it can carry a rhyme (heart-strings, moonlight).
            return tuple((*first[0], *(p.replace("1", "2") for p in reading)) for reading in second)
    return ()


def _unstressed(phones: Phones) -> Phones:
    return tuple(phone[:-1] + "0" if phone[-1].isdigit() else phone for phone in phones)


def _by_analogy(word: str) -> Readings:
    """Sounds like the dictionary words that share its longest ending; the rest is spelled out by rules."""
    if not word:
        return ()
    backwards = word[::-1]
    table = _reversed_words()
    at = bisect_left(table, backwards)
    near = table[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
    shared = max((_common(backwards, other) for other in near), default=0)
    ending = word[len(word) - shared :]
    vowels = spelling.vowel_groups(ending)
    if shared < 2 or not vowels:
        return (spelling.sounded(word),)
    tails = Counter(
        _tail(known(other[::-1])[0], vowels) for other in near if _common(backwards, other) == shared
    )
    tail = tails.most_common(1)[0][0]
    head = spelling.sounded(word[: len(word) - shared])
    if any(phone[-1] in "12" for phone in tail):
        head = _unstressed(head)
    found = (*head, *spelling.onset(ending), *tail)
    ruled = spelling.magic_e(word)
    # Names and rare words in -ine, -ile, -ite go either way; a rhyme takes the reading that fits.
    return (found, ruled) if ruled and ruled != found else (found,)


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


def _tail(phones: Phones, vowels: int) -> Phones:
    """From the `vowels`-th vowel from the end."""
    places = [n for n, phone in enumerate(phones) if phone[-1].isdigit()]
    return phones[places[max(0, len(places) - vowels)] :] if places else phones
