"""How sure a result is of itself: what a cascade goes by."""

from __future__ import annotations

from app.analysis.results import ContentDetails, EmotionDetails, Result, Status, ThemeDetails


def confidence(result: Result) -> float:
    """0..1; 0 for a result that is not completed.

    emotion and themes: that of the strongest label, 0 without any, since feelings and subjects are what was
    looked for. content: that of the least sure category, 1 without any, since most songs have none. Rhyme
    and vocabulary are computed from sounds and counts, and are as sure of one song as of another: 1.
    """
    if result.status is not Status.COMPLETED:
        return 0.0
    kinds = {type(result.details)}
    labels = [label.confidence for label in result.labels if label.kind in ("emotion", "theme", "content")]
    if kinds & {EmotionDetails, ThemeDetails}:
        return max(labels, default=0.0)
    return min(labels, default=1.0) if kinds == {ContentDetails} else 1.0
