"""Sentiment and emotion against labels: couplets, whose feeling is plain, and songs, which show theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.analysis.analyzers.emotion.analyzer import EmotionAnalyzer
from app.analysis.results import Sentiment
from app.lyrics.text import Lyrics
from bench.quality import labels
from bench.quality.statistics import Figure, calibration_error, figure, share

Judged = tuple[Sentiment | None, Sentiment]  # what the analyzer says, None where it won't say; the label


def figures() -> Iterator[Figure]:
    """Of sentiment: how often it is judged, how often the judgement is right, and right of all; of emotion:
    whether the strongest is the labelled one where one is judged, and how honest its confidence is.
    """
    analyzer = EmotionAnalyzer()
    lines = labels.felt_lines()
    songs = labels.songs()
    yield from _sentiment(
        "couplets", [(analyzer.analyze(one.lyrics).sentiment, one.sentiment) for one in lines]
    )
    yield from _sentiment(
        "demo songs", [(analyzer.analyze(one.lyrics).sentiment, one.sentiment) for one in songs]
    )
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


def _right(judged: Sequence[Judged]) -> float:
    return share([found == label for found, label in judged])


def _strongest(analyzer: EmotionAnalyzer, lyrics: Lyrics) -> tuple[str, float] | None:
    named = analyzer.analyze(lyrics).labels
    return (named[0].name, named[0].confidence) if named else None
