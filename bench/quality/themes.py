"""Themes of the demo songs against those that a reader named, by words alone and with embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.analysis.analyzers.themes.analyzer import ThemeAnalyzer
from app.analysis.results import Label, ThemeDetails
from app.search.embeddings import FastEmbedder
from bench.quality import labels
from bench.quality.labels import Song
from bench.quality.statistics import Counts, Figure, calibration_error, f1, figure, precision, recall, share


@dataclass(frozen=True, slots=True)
class Outcome:
    """The themes that were found in a song, strongest first, and those that a reader named."""

    song: Song
    found: Sequence[Label]

    @property
    def counts(self) -> Counts:
        names = {label.name for label in self.found}
        return Counts(
            len(names & self.song.themes), len(names - self.song.themes), len(self.song.themes - names)
        )


def figures() -> Iterator[Figure]:
    """Precision, recall and F1 of all themes, whether the strongest is right, and calibration."""
    for how, analyzer in (
        ("words alone", ThemeAnalyzer()),
        ("with embeddings", ThemeAnalyzer(FastEmbedder())),
    ):
        outcomes = [Outcome(song, _found(analyzer, song)) for song in labels.songs()]
        yield from _figures(f"demo songs, {how}", outcomes)
        for half, held_out in (("fitted on", False), ("held out", True)):
            chosen = [one for one in outcomes if one.song.held_out is held_out]
            yield from _figures(f"{half}, {how}", chosen)


def _found(analyzer: ThemeAnalyzer, song: Song) -> Sequence[Label]:
    details = analyzer.analyze(song.lyrics).details
    return details.themes if isinstance(details, ThemeDetails) else []


def _figures(of: str, outcomes: Sequence[Outcome]) -> Iterator[Figure]:
    counts = [one.counts for one in outcomes]
    strongest = [bool(one.found) and one.found[0].name in one.song.themes for one in outcomes]
    confidences = [(la.confidence, la.name in one.song.themes) for one in outcomes for la in one.found]
    yield figure("themes", of, "strongest right", strongest, share)
    yield figure("themes", of, "precision", counts, precision)
    yield figure("themes", of, "recall", counts, recall)
    yield figure("themes", of, "F1", counts, f1)
    yield figure("themes", of, "calibration error", confidences, calibration_error)
