"""What an analyzer returns: typed details, scores, labels and the lines that they rest on.

Line numbers count the lines of the stored lyrics from 1, blank lines included, so that they
mean the same in `Evidence`, in `RhymePair` and in the API's `LyricLine.number`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """DEGRADED: the analyzer ran and says that it can't judge this text; `Result.error` says why."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    DEGRADED = "DEGRADED"


class Sentiment(StrEnum):
    """MIXED is a finding (strong feelings of both signs), never a way to say "unsure"."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"
    MIXED = "MIXED"


@dataclass(frozen=True, slots=True)
class Score:
    """A measured quantity, 0..1 unless `unit` says otherwise (`words`, `syllables`, `grade`, `-1..1`, …)."""

    name: str
    value: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A category that applies; `confidence` is 0..1."""

    kind: str
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lines `start_line`..`end_line` (inclusive), their text by `evidence.quote`, and what they support."""

    start_line: int
    end_line: int
    text: str
    supports: str


@dataclass(frozen=True, slots=True)
class RhymePair:
    """Two words that rhyme; `strength` is 1 for a perfect rhyme and falls towards 0 as sounds differ."""

    first_line: int
    second_line: int
    first_word: str
    second_word: str
    strength: float


@dataclass(frozen=True, slots=True)
class RhymeDetails:
    """`scheme` has one letter a sung line, starting again at `a` with each stanza.

    A line that rhymes with none has a letter of its own. `density` is the share of lines whose
    end rhymes within its stanza; `alliteration` and `assonance` are shares of words, 0..1.
    """

    scheme: list[str]
    density: float
    perfect_rhymes: int
    slant_rhymes: int
    internal_rhymes: int
    multisyllabic_rhymes: int
    alliteration: float
    assonance: float
    syllables_per_line: float
    syllable_variance: float
    pairs: list[RhymePair]


@dataclass(frozen=True, slots=True)
class EmotionDetails:
    """`valence` is -1..1 and `arousal` 0..1; `arc` is the valence of equal parts of the song, in order."""

    emotions: list[Score]
    valence: float
    arousal: float
    arc: list[float]


@dataclass(frozen=True, slots=True)
class ThemeDetails:
    """`themes` from the taxonomy, strongest first; `entities` are named people, places and brands."""

    themes: list[Label]
    entities: list[Label]


@dataclass(frozen=True, slots=True)
class VocabularyDetails:
    """`mtld` is in words (McCarthy & Jarvis 2010); `readability` is a school grade; shares are 0..1."""

    words: int
    unique_words: int
    type_token_ratio: float
    mtld: float
    readability: float
    rare_word_share: float
    repetition: float


@dataclass(frozen=True, slots=True)
class ContentDetails:
    """`severity` is 0 (clean) .. 1; `explicit` is whether a parental-advisory label would be due."""

    explicit: bool
    severity: float
    categories: list[Label]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the song bears out a label that `analyzer` gave it."""

    analyzer: str
    kind: str
    name: str
    upheld: bool


@dataclass(frozen=True, slots=True)
class CritiqueDetails:
    """One verdict for each label that was checked, in the order of the analyzers."""

    verdicts: list[Verdict]


Details = RhymeDetails | EmotionDetails | ThemeDetails | VocabularyDetails | ContentDetails | CritiqueDetails


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a model was asked for a result, and what that took; None where nobody counted.

    `input_hash` is the SHA-256 of the text that was sent. `cached` says that an earlier answer to the same
    question was used: tokens and cost are then 0, and were counted with the earlier one. `shared` says that
    it was found among those that tenants share.
    """

    model: str
    prompt_hash: str
    input_hash: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float = 0.0
    cached: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One analyzer's answer for one text. Without `details` there are no scores and no labels either."""

    status: Status
    details: Details | None = None
    sentiment: Sentiment | None = None
    scores: tuple[Score, ...] = ()
    labels: tuple[Label, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    error: str | None = None
    use: ModelUse | None = None

    @classmethod
    def degraded(cls, reason: str) -> Result:
        """An honest "can't say": `reason` is a sentence that is safe to show to any reader."""
        return cls(Status.DEGRADED, error=reason)
