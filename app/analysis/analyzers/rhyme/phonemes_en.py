"""Where an English word can rhyme: its sounds from each of its last vowels on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.analysis import pronunciation
from app.analysis.memo import MEMO

MAX_SYLLABLES = 3
_GLIDES = ("AY", "AW")


@dataclass(frozen=True, slots=True)
class Syllable:
    """`onset` holds the consonants before the vowel; `coda` those from it to the next vowel or the end."""

    onset: tuple[str, ...]
    vowel: str
    stress: int
    coda: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One pronunciation's syllables from the last one back; `rime` counts them from the stressed one on.

    `key` spells the sounds of the rime: words with the same key and another onset rhyme perfectly.
    """

    syllables: tuple[Syllable, ...]
    rime: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """A line's last word as it may sound; `readings` is empty when it has no vowel."""

    word: str
    readings: tuple[Reading, ...]


@lru_cache(maxsize=MEMO)
def ending(word: str) -> Ending:
    """The ending of a word in normal form."""
    readings = dict.fromkeys(_reading(phones) for phones in pronunciation.of(word)[:4])
    return Ending(word, tuple(reading for reading in readings if reading.syllables))


def _levelled(phones: tuple[str, ...]) -> tuple[str, ...]:
    """One way to write what the dictionary writes in two: fire and hour with one syllable, poor as pure."""
    kept: list[str] = []
    for n, phone in enumerate(phones):
        after = phones[n + 1] if n + 1 < len(phones) else ""
        if phone == "ER0" and kept and kept[-1][:-1] in _GLIDES and not after[-1:].isdigit():
            phone = "R"
        elif phone[:-1] == "UW" and after == "R":
            phone = "UH" + phone[-1]
        kept.append(phone)
    return tuple(kept)


def _reading(phones: tuple[str, ...]) -> Reading:
    phones = _levelled(phones)
    places = [n for n, phone in enumerate(phones) if phone[-1].isdigit()]
    syllables: list[Syllable] = []
    for k, at in enumerate(reversed(places)):
        before = places[-k - 2] if k + 1 < len(places) else -1
        after = places[-k] if k else len(phones)
        syllables.append(
            Syllable(phones[before + 1 : at], phones[at][:-1], int(phones[at][-1]), phones[at + 1 : after])
        )
    kept = tuple(syllables[: MAX_SYLLABLES + 1])
    # A secondary stress after the primary one carries the rhyme as well: daylight, overcome.
    rime = next((n + 1 for n, syllable in enumerate(kept) if syllable.stress), len(kept))
    rime = min(rime, MAX_SYLLABLES)
    key = " ".join(f"{s.vowel} {' '.join(s.coda)}" for s in kept[:rime])
    return Reading(kept, rime, key)
