"""The emotion and sentiment words of one language, ready to look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.analysis import data, lemmas
from app.analysis.lexicon import Hit, Lexicon
from app.analysis.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Emotion:
    """Valence -1..1 and arousal 0..1 of a word of this emotion."""

    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Lexicons:
    """`words` finds emotions and the categories `positive` and `negative`, all in one look-up.

    `affirmations` are phrases whose negations deny nothing, `ironies` such as say the opposite.
    """

    emotions: dict[str, Emotion]
    words: Lexicon
    negations: frozenset[str]
    affirmations: Phrases[None]
    ironies: Phrases[None]
    intensifiers: frozenset[str]

    def find(self, word: str) -> tuple[tuple[Hit, ...], bool]:
        """What `word` speaks for, and whether it says that it is missing: fearless, unloved."""
        if word in self.negations or word in self.intensifiers:
            return (), False
        hits = self.words.find(word)
        if not hits and self.words.language == "en":
            missing = (self.words.find(base) for base in lemmas.lacking(word))
            hits = next((found for found in missing if found), ())
            return hits, bool(hits)
        return hits, False

    def ironic(self, clauses: Sequence[tuple[str, ...]]) -> bool:
        """Whether one of a line's clauses mocks: oh great, ну спасибо."""
        return any(True for clause in clauses for _ in self.ironies.find(clause))

    def denials(self, words: tuple[str, ...]) -> frozenset[int]:
        """The places in a clause of the negations that deny what follows."""
        affirmed = {place for places, _ in self.affirmations.find(words) for place in places}
        return frozenset(n for n, word in enumerate(words) if word in self.negations and n not in affirmed)


@lru_cache(maxsize=4)
def lexicons(language: str) -> Lexicons:
    """The lexicons of "en" or "ru", read once."""
    emotions = data.toml("emotions.toml")
    sentiment = data.toml("sentiment.toml")
    entries = {name: group[language] for name, group in (*emotions.items(), *sentiment.items())}
    negations = frozenset(entries.pop("negation").split())
    affirmations = Phrases((phrase, None) for phrase in entries.pop("affirmation"))
    ironies = Phrases((phrase, None) for phrase in entries.pop("irony"))
    intensifiers = frozenset(entries.pop("intensifier").split())
    return Lexicons(
        {name: Emotion(float(group["valence"]), float(group["arousal"])) for name, group in emotions.items()},
        Lexicon.of(language, entries),
        negations,
        affirmations,
        ironies,
        intensifiers,
    )
