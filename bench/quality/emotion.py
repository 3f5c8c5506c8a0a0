"""Sentiment and emotion against labels: couplets, whose feeling is plain, and songs, which show theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from app.analysis.analyzers.emotion.analyzer import EmotionAnalyzer
from app.analysis.results import EmotionDetails, Sentiment
from app.lyrics.text import Lyrics
from bench.quality import labels
from bench.quality.labels import FeltLines, Song
from bench.quality.statistics import Figure, calibration_error, figure, ranking, share

SIDED = (Sentiment.POSITIVE, Sentiment.NEGATIVE)
Judged = tuple[Sentiment | None, Sentiment]  # what the analyzer says, None where it won't say; the label


def figures() -> Iterator[Figure]:
    """Of sentiment: how often it is judged, how often that is right, and what for what; of emotion:
    whether the strongest is the labelled one where one is judged, and how honest its confidence is.
    """
    analyzer = EmotionAnalyzer()
    lines = labels.felt_lines()
    sets: dict[str, Sequence[FeltLines | Song]] = {"couplets": lines, "demo songs": labels.songs()}
    for name, items in sets.items():
        judged = [(analyzer.analyze(one.lyrics).sentiment, one.sentiment) for one in items]
        yield from _sentiment(name, judged)
        yield from _confusion(name, judged)
        felt = [(_valence(analyzer, one.lyrics), one.sentiment) for one in items]
        sided = [(v, label is Sentiment.POSITIVE) for v, label in felt if label in SIDED]
        yield figure("emotion", name, "valence ranks POSITIVE over NEGATIVE", sided, ranking)
        for half, held_out in (("fitted on", False), ("held out", True)):
            chosen = [pair for pair, one in zip(judged, items, strict=True) if one.held_out is held_out]
            yield figure("emotion", f"{name}, {half}", "sentiment right of all", chosen, _right)
            yield figure("emotion", f"{name}, {half}", "right if always the usual label", chosen, _usual)
    top = [(_strongest(analyzer, one.lyrics), one.emotion) for one in lines if one.emotion]
    named = [(found[0] == emotion, found[1]) for found, emotion in top if found]
    yield figure(
        "emotion",
        "couplets",
        "emotion named",
        top,
        lambda some: share([found is not None for found, _ in some]),
    )
    yield figure(
        "emotion",
        "couplets",
        "emotion right where named",
        named,
        lambda some: share([right for right, _ in some]),
    )
    confidences = [(confidence, right) for right, confidence in named]
    yield figure("emotion", "couplets", "calibration error", confidences, calibration_error)


def _sentiment(of: str, judged: Sequence[Judged]) -> Iterator[Figure]:
    said = [(found, label) for found, label in judged if found is not None]
    yield figure(
        "emotion",
        of,
        "sentiment judged",
        judged,
        lambda some: share([found is not None for found, _ in some]),
    )
    yield figure("emotion", of, "sentiment right where judged", said, _right)
    yield figure("emotion", of, "sentiment right of all", judged, _right)


def _confusion(of: str, judged: Sequence[Judged]) -> Iterator[Figure]:
    """How often each label is there and what it is judged to be, and what always saying one would get."""
    yield figure("emotion", of, "right if always the usual label", judged, _usual)
    for label in Sentiment:
        there = [found for found, wanted in judged if wanted is label]
        if there:
            yield figure("emotion", of, f"labelled {label}", [wanted is label for _, wanted in judged], share)
        for found in (*Sentiment, None):
            if found in there:
                name = f"  {label} judged {found or 'not at all'}"
                yield figure("emotion", of, name, [one is found for one in there], share)


def _valence(analyzer: EmotionAnalyzer, lyrics: Lyrics) -> float:
    details = analyzer.analyze(lyrics).details
    return details.valence if isinstance(details, EmotionDetails) else 0.0


def _usual(judged: Sequence[Judged]) -> float:
    return max(Counter(label for _, label in judged).values()) / len(judged)


def _right(judged: Sequence[Judged]) -> float:
    return share([found == label for found, label in judged])


def _strongest(analyzer: EmotionAnalyzer, lyrics: Lyrics) -> tuple[str, float] | None:
    named = analyzer.analyze(lyrics).labels
    return (named[0].name, named[0].confidence) if named else None
