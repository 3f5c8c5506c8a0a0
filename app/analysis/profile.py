"""A track's profile: what all its results say together, each number by a stated formula or None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.analysis import combination
from app.analysis.results import (
    ContentDetails,
    EmotionDetails,
    Label,
    Result,
    RhymeDetails,
    Sentiment,
    Status,
    VocabularyDetails,
)

# MTLD of English song lyrics mostly lies between these; outside them the scale has nothing more to say.
_MTLD_LOW, _MTLD_HIGH = 20.0, 140.0
_THEME_VALENCE = {
    "love": 0.4, "faith": 0.3, "hope": 0.6, "party": 0.6, "friendship": 0.5, "family": 0.2, "beauty": 0.4,
    "freedom": 0.3, "loss": -0.6, "heartbreak": -0.6, "violence": -0.5, "loneliness": -0.6, "addiction": -0.5,
    "war": -0.5, "poverty": -0.5, "mental-health": -0.6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """0..1 throughout; None where no completed result gives the number.

    Where language models have judged a task too, their results and the local one count as one
    (`combination.combined`), and model_agreement says how far they agree (`combination.agreement`).

    technique: .5 density + .2 multisyllabic rhymes a line + .15 internal rhymes a line (each at most 1)
    + .15 share of perfect rhymes among the end rhymes.
    vocabulary: .6 MTLD on 20..140 + .4 share of rare words on 0...25.
    emotion: strength of feeling, the larger of |valence| and, where an emotion is named, arousal.
    originality: .5 (1 - repetition) + .5 share of rare words on 0...25.
    agreement: how far the signs of feeling of the analyzers that take a side (emotion's valence, the
    themes' usual valence, content's severity) agree: 1 - (largest - smallest) / 2; 1 when fewer than two do.
    """

    sentiment: Sentiment | None
    mood: str | None
    themes: tuple[Label, ...]
    technique: float | None
    vocabulary: float | None
    emotion: float | None
    originality: float | None
    agreement: float
    analyzers: tuple[str, ...]
    model_agreement: float | None = None

    @classmethod
    def of(cls, results: Mapping[str, Result]) -> Profile | None:
        """The profile of completed results, None without any; the failed and the degraded are left out."""
        done = {name: result for name, result in results.items() if result.status is Status.COMPLETED}
        if not done:
            return None
        joined = combination.combined(done)
        details = [result.details for result in joined.values()]
        rhyme = next((d for d in details if isinstance(d, RhymeDetails)), None)
        emotion = next((d for d in details if isinstance(d, EmotionDetails)), None)
        words = next((d for d in details if isinstance(d, VocabularyDetails)), None)
        content = next((d for d in details if isinstance(d, ContentDetails)), None)
        themes = tuple(label for r in joined.values() for label in r.labels if label.kind == "theme")
        return cls(
            sentiment=next((r.sentiment for r in joined.values() if r.sentiment is not None), None),
            mood=_mood(emotion),
            themes=themes,
            technique=None if rhyme is None else _technique(rhyme),
            vocabulary=None if words is None else _vocabulary(words),
            emotion=None if emotion is None else _strength(emotion),
            originality=None if words is None else _originality(words),
            agreement=_agreement(emotion, themes, content),
            analyzers=tuple(done),
            model_agreement=combination.agreement(done),
        )


def _mood(emotion: EmotionDetails | None) -> str | None:
    """The strongest emotion, or None when none stands out."""
    strongest = max(emotion.emotions, key=lambda score: score.value, default=None) if emotion else None
    return strongest.name if strongest and strongest.value > 0 else None


def _strength(emotion: EmotionDetails) -> float:
    # Arousal starts from .5, which says nothing of a text that names no emotion.
    return round(max(abs(emotion.valence), emotion.arousal if emotion.emotions else 0.0), 4)


def _technique(rhyme: RhymeDetails) -> float:
    lines = max(1, len(rhyme.scheme))
    ends = max(1, rhyme.perfect_rhymes + rhyme.slant_rhymes)
    return round(
        0.5 * rhyme.density
        + 0.2 * min(1.0, rhyme.multisyllabic_rhymes / lines)
        + 0.15 * min(1.0, rhyme.internal_rhymes / lines)
        + 0.15 * rhyme.perfect_rhymes / ends,
        4,
    )


def _rarity(words: VocabularyDetails) -> float:
    return min(1.0, words.rare_word_share / 0.25)


def _vocabulary(words: VocabularyDetails) -> float:
    diversity = min(1.0, max(0.0, (words.mtld - _MTLD_LOW) / (_MTLD_HIGH - _MTLD_LOW)))
    return round(0.6 * diversity + 0.4 * _rarity(words), 4)


def _originality(words: VocabularyDetails) -> float:
    return round(0.5 * (1 - words.repetition) + 0.5 * _rarity(words), 4)


def _agreement(
    emotion: EmotionDetails | None, themes: tuple[Label, ...], content: ContentDetails | None
) -> float:
    sides: list[float] = []
    if emotion is not None:
        sides.append(emotion.valence)
    weights = [
        (label.confidence, _THEME_VALENCE[label.name]) for label in themes if label.name in _THEME_VALENCE
    ]
    if weights:
        sides.append(sum(c * v for c, v in weights) / sum(c for c, _ in weights))
    if content is not None and content.severity > 0:
        sides.append(-content.severity)
    return 1.0 if len(sides) < 2 else round(1 - (max(sides) - min(sides)) / 2, 4)
