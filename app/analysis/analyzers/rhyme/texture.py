"""Sounds inside lines: internal rhymes, alliteration, assonance, and the evenness of syllables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, pvariance

from app.analysis import data, pronunciation, syllables
from app.analysis.analyzers.rhyme.phonemes_ru import sounds
from app.lyrics.text import Line

# Function words echo by chance and aren't heard as rhymes.
_LIGHT = data.words("light", "words")


def internal_rhymes(line: Line, rhymes: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    """Pairs of different content words of one line that rhyme perfectly, each word with the next it meets."""
    heard = list(dict.fromkeys(word for word in line.words if word not in _LIGHT and len(word) > 2))
    found: list[tuple[str, str]] = []
    for n, word in enumerate(heard[:24]):
        for other in heard[n + 1 : 24]:
            if rhymes(word, other):
                found.append((word, other))
                break
    return found


def alliteration(lines: Sequence[Line], language: str) -> float:
    """Share of content words whose first consonant also opens the one before or after in the line."""
    return _shared_neighbours(lines, lambda word: _first_sound(word, language))


def assonance(lines: Sequence[Line], language: str) -> float:
    """Share of content words whose stressed (Russian: last) vowel is also that of a neighbouring one."""
    return _shared_neighbours(lines, lambda word: _main_vowel(word, language))


def _shared_neighbours(lines: Sequence[Line], sound: Callable[[str], str]) -> float:
    total = shared = 0
    for line in lines:
        heard = [word for word in line.words if word not in _LIGHT]
        heads = [sound(word) for word in heard]
        total += len(heads)
        for n, head in enumerate(heads):
            near = [(heads[m], heard[m]) for m in (n - 1, n + 1) if 0 <= m < len(heads)]
            shared += any(head and head == other and word != heard[n] for other, word in near)
    return shared / total if total else 0.0


def _first_sound(word: str, language: str) -> str:
    if language == "ru":
        return word[0] if word[0] not in "аеёиоуыэюя" else ""
    first = pronunciation.of(word)[0] if pronunciation.of(word) else ()
    return first[0] if first and not first[0][-1].isdigit() else ""


def _main_vowel(word: str, language: str) -> str:
    if language == "ru":
        vowels = sounds(word).vowels
        return vowels[min(1, len(vowels) - 1)] if vowels else ""
    first = pronunciation.of(word)[0] if pronunciation.of(word) else ()
    return next((phone[:-1] for phone in first if phone[-1] == "1"), "")


def syllables_per_line(lines: Sequence[Line], language: str) -> tuple[float, float]:
    """Mean and population variance of the lines' syllables."""
    counts = [sum(syllables.count(word, language) for word in line.words) for line in lines if line.words]
    return (fmean(counts), pvariance(counts)) if counts else (0.0, 0.0)
