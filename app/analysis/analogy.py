"""How an English word may sound, by the words of the dictionary that end like it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter

from app.analysis import spelling
from app.analysis.dictionary import Phones, Readings, known, reversed_words

_NEIGHBOURS = 24
_CLUSTER_ED = re.compile(
    r"[aeiouy](?:r[bdfgklmnpt]|l[fkmpt]|n[dgkt]|s[hkpt]|c[hkt]|[fp]t|mp|th|rch|lch|([bfglmnprsz])\1)ed$"
)
_VOWEL_LETTERS = frozenset("aeiou")


def readings(word: str) -> Readings:
    """Sounds like the dictionary words that share its longest ending; the rest is spelled out by rules."""
    if not word:
        return ()
    if _CLUSTER_ED.search(word):
        # The e of -ed is silent here, and no guide to what sounds alike: furled is furl and a D.
        return tuple((*reading, *spelling.past(reading[-1])) for reading in readings(word[:-2]))
    backwards = word[::-1]
    table = reversed_words()
    at = bisect_left(table, backwards)
    near = table[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
    shared = max((_shared(backwards, other) for other in near), default=0)
    ending = word[len(word) - shared :]
    vowels = spelling.vowel_groups(ending)
    if shared < 2 or not vowels:
        return (spelling.sounded(word),)
    tails = Counter(
        _tail(known(other[::-1])[0], vowels) for other in near if _shared(backwards, other) == shared
    )
    tail = tails.most_common(1)[0][0]
    head = spelling.sounded(word[: len(word) - shared])
    if any(phone[-1] in "12" for phone in tail):
        head = spelling.unstressed(head)
    found = (*head, *spelling.onset(ending), *tail)
    ruled = spelling.magic_e(word)
    # Names and rare words in -ine, -ile, -ite go either way; a rhyme takes the reading that fits.
    return (found, ruled) if ruled and ruled != found else (found,)


def _shared(one: str, other: str) -> int:
    """Letters of the common ending, not cut within the letters of one vowel: dight isn't like weight."""
    length = _common(one, other)
    while length > 0 and (_continues(one, length) or _continues(other, length)):
        length -= 1
    return length


def _continues(backwards: str, length: int) -> bool:
    """Whether the vowel letters that begin the ending of `length` go on before it; w and y may end them."""
    before, first = backwards[length : length + 1], backwards[length - 1]
    return before in _VOWEL_LETTERS and (first in _VOWEL_LETTERS or first in "wy")


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
