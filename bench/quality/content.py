"""Explicit content against labels: whole songs, and lines made to be missed or to be wrongly caught."""

from __future__ import annotations

from collections.abc import Iterator

from app.analysis.analyzers.content.analyzer import ContentAnalyzer
from app.analysis.results import ContentDetails
from app.lyrics.text import Lyrics
from bench.quality import labels
from bench.quality.statistics import Counts, Figure, calibration_error, f1, figure, precision, recall, share


def figures() -> Iterator[Figure]:
    """Whether explicit, precision and recall of it, the category of what is explicit, and calibration."""
    lines = labels.warned_lines()
    for name, language in (("English lines", "en"), ("Russian lines", "ru")):
        yield from _explicit(name, [(one.lyrics, one.explicit) for one in lines if one.language == language])
    for name, before in (("lines of before the fixes", True), ("lines of after the fixes", False)):
        yield from _explicit(
            name, [(one.lyrics, one.explicit) for one in lines if one.before_fixes is before]
        )
    implied = [(one.lyrics, one.explicit) for one in labels.implied_lines()]
    yield from _explicit("implied lines", implied)
    everything = [(one.lyrics, one.explicit) for one in (*lines, *labels.songs())]
    yield from _explicit("lines and demo songs", everything)
    categories = [(_details(one.lyrics), one.category) for one in lines if one.category]
    named = [any(label.name == wanted for label in found.categories) for found, wanted in categories]
    yield figure("content", "explicit lines", "category found", named, share)
    confidences = [
        (label.confidence, label.name == one.category)
        for one in lines
        for label in _details(one.lyrics).categories
    ]
    yield figure("content", "lines", "calibration error", confidences, calibration_error)


def _explicit(of: str, items: list[tuple[Lyrics, bool]]) -> Iterator[Figure]:
    judged = [(_details(lyrics).explicit, wanted) for lyrics, wanted in items]
    counts = [Counts(ours and theirs, ours and not theirs, theirs and not ours) for ours, theirs in judged]
    right = [ours == theirs for ours, theirs in judged]
    yield figure("content", of, "explicit or not right", right, share)
    yield figure("content", of, "precision", counts, precision)
    yield figure("content", of, "recall", counts, recall)
    yield figure("content", of, "F1", counts, f1)


def _details(lyrics: Lyrics) -> ContentDetails:
    details = ContentAnalyzer().analyze(lyrics).details
    # What can't be judged warns nobody.
    return details if isinstance(details, ContentDetails) else ContentDetails(False, 0.0, [])
