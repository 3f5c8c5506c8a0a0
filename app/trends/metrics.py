"""What can be followed in time, and what kind of series each metric gives."""

from __future__ import annotations

from enum import StrEnum


class Metric(StrEnum):
    """The values are the keys of `trend_observations.observed`; migration 0008 says what each observes."""

    THEME = "THEME"
    SENTIMENT = "SENTIMENT"
    EMOTION = "EMOTION"
    RHYME_DENSITY = "RHYME_DENSITY"
    VOCABULARY = "VOCABULARY"
    EXPLICITNESS = "EXPLICITNESS"
    TRACKS = "TRACKS"


ANY = ""  # the key of a track that was observed at all

# Series that are shares: the tracks that have a key, by all that were observed.
SHARED = frozenset({Metric.THEME, Metric.SENTIMENT, Metric.EXPLICITNESS})
# Keys that have a series, of zeros if need be, as soon as any track was observed.
ALWAYS: dict[Metric, tuple[str, ...]] = {Metric.EXPLICITNESS: ("explicit",)}
