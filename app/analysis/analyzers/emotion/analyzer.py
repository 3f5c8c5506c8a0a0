"""Emotion and sentiment: which feelings the words name, how pleasant and how stirred, and how it develops."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.emotion.lexicons import Lexicons, lexicons
from app.analysis.lexicon import PLAIN
from app.analysis.phrases import clauses
from app.analysis.results import EmotionDetails, Evidence, Label, Result, Score, Sentiment, Status
from app.lyrics.text import Line, Lyrics

# Fewer words that name a feeling than this and any number would be chance.
MIN_SIGNALS = 3
# How many words that seldom mean anything else a verdict takes: "brother" and "light" alone give none.
MIN_CLEAR = 2
ARC_PARTS = 8
# How many words a negation reaches: "never been a happy man", "не был я счастлив".
_REACH = 3
_OR = frozenset({("or",), ("или",)})
_INTENSIFIED = 1.5
# A negated word names its feeling no more and leans the other way, but less: "not happy" isn't "sad".
_NEGATED = -0.5
_VALENCE = {"positive": 0.6, "negative": -0.6}
# People write more pleasant words than unpleasant ones, whatever they feel (Dodds et al. 2015, PNAS 112 (8):
# "Human language reveals a universal positivity bias"). Over 3,398 verses these lexicons find 1.3 times as
# much pleasant weight as unpleasant, in English and in Russian alike.
_UNPLEASANT = 1.3
# Weight of the nothing that every valence starts from.
_PRIOR = 3.0
# What makes a sentiment: the middle of the plateau on the labelled songs and couplets that are not held out.
_SIDED = 0.25
_UNOPPOSED = 0.15
_BOTH_SIDES = 0.2
_FELT_WORDS = 4
_FELT_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Signal:
    """A word that names a feeling: where, which, how strongly (> 0) and its valence, already negated.

    A word of several categories gives a signal each, with equal shares of the word; a clear word seldom
    means anything else.
    """

    line: int
    emotion: str
    weight: float
    valence: float
    negated: bool
    share: float
    clear: bool


class EmotionAnalyzer:
    """valence = Σ w·v / (Σ w·|v| + 3): the balance of pleasant and unpleasant words, drawn to 0 when few.

    arousal is the mean arousal of the named emotions, drawn to .5 by two neutral words. An emotion's value
    is its share of all emotion weight. Sentiment: POSITIVE or NEGATIVE from |valence| .25 on, or .15 where
    no clear word speaks against it, and two clear words for it; otherwise MIXED when both signs hold 20 % of
    the weight and feeling words are 2 % of all and four or more, else NEUTRAL. In a line with a marker of
    irony (`sentiment.toml`) pleasant words count as unpleasant and name no emotion.
    """

    name = "emotion"
    version = "1.3.0"
    title = "Emotion and sentiment"
    description = (
        "Nine emotions, valence, arousal and their course through the song, from lexicons of our own."
    )
    kind = "LOCAL"
    languages = ("en", "ru")

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded when fewer than `MIN_SIGNALS` words name a feeling.

        Where every emotion is denied, or only good and bad are named, a sentiment is judged but no emotions.
        """
        reason = unfit(lyrics, self.languages, words=5)
        if reason:
            return reason
        tables = lexicons(lyrics.language or "en")
        signals = [signal for line in lyrics.lines for signal in _in_line(line, tables)]
        words = round(math.fsum(signal.share for signal in signals))
        if words < MIN_SIGNALS:
            return Result.degraded(
                f"Only {words} words name a feeling, and {MIN_SIGNALS} are needed to judge."
            )
        named = _named(signals, tables)
        valence = _valence(signals)
        arousal = _arousal(signals, tables)
        sentiment = _sentiment(signals, valence, len(lyrics.words))
        emotions = [Score(name, round(value, 4)) for name, value in named]
        labels = tuple(Label("emotion", name, round(value, 4)) for name, value in named[:3] if value >= 0.15)
        return Result(
            Status.COMPLETED,
            EmotionDetails(emotions, valence, arousal, _arc(lyrics, signals)),
            sentiment=sentiment,
            scores=(Score("valence", valence, "-1..1"), Score("arousal", arousal), *emotions),
            labels=labels,
            evidence=tuple(_quotes(lyrics, signals, labels)),
        )


def _in_line(line: Line, tables: Lexicons) -> list[Signal]:
    parts = clauses(line.text)
    signals = [signal for words in parts for signal in _in_clause(line.number, words, tables)]
    return [_mocked(signal) for signal in signals] if tables.ironic(parts) else signals


def _mocked(signal: Signal) -> Signal:
    """What a pleasant word means in an ironic line: as much displeasure, and no joy."""
    return signal if signal.valence <= 0 else replace(signal, valence=-signal.valence, negated=True)


def _in_clause(number: int, words: tuple[str, ...], tables: Lexicons) -> list[Signal]:
    found: list[Signal] = []
    denials = tables.denials(words)
    heard = 0
    negated = False
    for n, word in enumerate(words):
        hits, lacking = tables.find(word)
        if not hits:
            continue
        # A negation reaches to the next feeling and to what "or" adds: no joy or love, but not happy, glad.
        # However many there are, they deny once, in Russian (никто не любит) as in ain't got no love.
        start = max(heard, n - _REACH)
        denied = any(start <= place < n for place in denials)
        negated = denied or (negated and words[heard:n] in _OR)
        heard = n + 1
        strength = _INTENSIFIED if n > start and words[n - 1] in tables.intensifiers else 1.0
        share = 1 / len(hits)
        for category, weight in hits:
            emotion = tables.emotions.get(category)
            valence = emotion.valence if emotion else _VALENCE[category]
            if valence < 0:
                valence *= _UNPLEASANT
            turned = negated != lacking
            if turned:
                valence *= _NEGATED
            found.append(
                Signal(number, category, weight * strength * share, valence, turned, share, weight >= PLAIN)
            )
    return found


def _named(signals: list[Signal], tables: Lexicons) -> list[tuple[str, float]]:
    weights: dict[str, float] = defaultdict(float)
    for signal in signals:
        if signal.emotion in tables.emotions and not signal.negated:
            weights[signal.emotion] += signal.weight
    total = sum(weights.values())
    if not total:
        return []
    shares = [(name, weights[name] / total) for name in tables.emotions]
    return sorted(shares, key=lambda pair: (-pair[1], pair[0]))


def _valence(signals: list[Signal]) -> float:
    balance = math.fsum(s.weight * s.valence for s in signals)
    return round(balance / (math.fsum(s.weight * abs(s.valence) for s in signals) + _PRIOR), 4)


def _arousal(signals: list[Signal], tables: Lexicons) -> float:
    named = [s for s in signals if s.emotion in tables.emotions and not s.negated]
    stirred = math.fsum(s.weight * tables.emotions[s.emotion].arousal for s in named)
    return round((stirred + 2 * 0.5) / (math.fsum(s.weight for s in named) + 2), 4)


def _sentiment(signals: list[Signal], valence: float, words: int) -> Sentiment:
    good = math.fsum(s.weight * s.valence for s in signals if s.valence > 0)
    bad = -math.fsum(s.weight * s.valence for s in signals if s.valence < 0)
    clear, against = (
        round(math.fsum(s.share for s in signals if s.clear and sign * s.valence * valence > 0))
        for sign in (1, -1)
    )
    if abs(valence) >= (_SIDED if against else _UNOPPOSED) and clear >= MIN_CLEAR:
        return Sentiment.POSITIVE if valence > 0 else Sentiment.NEGATIVE
    strong = len(signals) >= max(_FELT_WORDS, _FELT_SHARE * words)
    mixed = strong and min(good, bad) >= _BOTH_SIDES * (good + bad)
    return Sentiment.MIXED if mixed else Sentiment.NEUTRAL


def _arc(lyrics: Lyrics, signals: list[Signal]) -> list[float]:
    """Valence of at most `ARC_PARTS` equal parts of two lines and more; 0 where nothing is felt."""
    parts = max(1, min(ARC_PARTS, len(lyrics.lines) // 2))
    part_of = {line.number: n * parts // len(lyrics.lines) for n, line in enumerate(lyrics.lines)}
    grouped: list[list[Signal]] = [[] for _ in range(parts)]
    for signal in signals:
        grouped[part_of[signal.line]].append(signal)
    return [_valence(group) if group else 0.0 for group in grouped]


def _quotes(lyrics: Lyrics, signals: list[Signal], labels: tuple[Label, ...]) -> list[Evidence]:
    quotes: list[Evidence] = []
    for label in labels:
        weights = [(s.line, s.weight) for s in signals if s.emotion == label.name and not s.negated]
        quotes += evidence.strongest(lyrics, weights, label.name, limit=3)
    quotes += evidence.strongest(lyrics, [(s.line, abs(s.valence) * s.weight) for s in signals], "valence", 3)
    return quotes
