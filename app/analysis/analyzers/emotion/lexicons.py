"""The emotion and sentiment words of one language, ready to look up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.analysis import data
from app.analysis.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Emotion:
    """Valence -1..1 and arousal 0..1 of a word of this emotion."""

    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Lexicons:
    """`words` finds emotions and the categories `positive` and `negative`, all in one look-up."""

    emotions: dict[str, Emotion]
    words: Lexicon
    negations: frozenset[str]
    intensifiers: frozenset[str]


@lru_cache(maxsize=4)
def lexicons(language: str) -> Lexicons:
    """The lexicons of "en" or "ru", read once."""
    emotions = data.toml("emotions.toml")
    sentiment = data.toml("sentiment.toml")
    entries = {name: group[language] for name, group in (*emotions.items(), *sentiment.items())}
    negations = frozenset(entries.pop("negation").split())
    intensifiers = frozenset(entries.pop("intensifier").split())
    return Lexicons(
        {name: Emotion(float(group["valence"]), float(group["arousal"])) for name, group in emotions.items()},
        Lexicon.of(language, entries),
        negations,
        intensifiers,
    )
