"""Themes of the demo songs against those that a reader named, by words alone and with embeddings."""

from __future__ import annotations

from collections.abc import Iterator

from app.analysis.analyzers.themes.analyzer import Embed, ThemeAnalyzer
from app.analysis.results import ThemeDetails
from app.search.embeddings import FastEmbedder
from bench.quality import labels
from bench.quality.statistics import Counts, Figure, calibration_error, f1, figure, precision, recall, share


def figures() -> Iterator[Figure]:
    """Precision, recall and F1 of all themes, whether the strongest is right, and calibration."""
    yield from _figures("demo songs, words alone", None)
    yield from _figures("demo songs, with embeddings", FastEmbedder().embed)


def _figures(of: str, embed: Embed | None) -> Iterator[Figure]:
    analyzer = ThemeAnalyzer(embed)
    counts: list[Counts] = []
    strongest: list[bool] = []
    confidences: list[tuple[float, bool]] = []
    for song in labels.songs():
        details = analyzer.analyze(song.lyrics).details
        found = details.themes if isinstance(details, ThemeDetails) else []
        names = {label.name for label in found}
        right = names & song.themes
        counts.append(Counts(len(right), len(names - song.themes), len(song.themes - names)))
        strongest.append(bool(found) and found[0].name in song.themes)
        confidences += [(label.confidence, label.name in song.themes) for label in found]
    yield figure("themes", of, "strongest right", strongest, share)
    yield figure("themes", of, "precision", counts, precision)
    yield figure("themes", of, "recall", counts, recall)
    yield figure("themes", of, "F1", counts, f1)
    yield figure("themes", of, "calibration error", confidences, calibration_error)
