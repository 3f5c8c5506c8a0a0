"""How a series moves: a slope that outliers don't bend, and how sure its sign is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

SURE = 0.6  # confidence from which a direction is named
PRIOR_TRACKS = 10  # tracks at which confidence is halved: two songs make no trend


class Direction(StrEnum):
    """EMERGING: absent from the first half of the periods, and there in the last quarter."""

    RISING = "RISING"
    FALLING = "FALLING"
    STEADY = "STEADY"
    EMERGING = "EMERGING"


@lru_cache(maxsize=64)
def pairs(n: int) -> tuple[Indices, Indices]:
    """The earlier and the later one of all pairs of n points: the series of one answer share them."""
    earlier, later = np.triu_indices(n, 1)
    return earlier, later


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """The median slope of all pairs of points (Theil 1950, Sen 1968); 0 for fewer than two."""
    x, y = np.asarray(times, float), np.asarray(values, float)
    earlier, later = pairs(len(x))
    if not len(earlier):
        return 0.0
    return float(np.median((y[later] - y[earlier]) / (x[later] - x[earlier])))


def confidence(values: Sequence[float], tracks: int) -> float:
    """How sure it is that a series goes up or down at all, 0..1.

    One less the two-sided p of the Mann–Kendall test (Mann 1945, Kendall 1975; with ties and continuity
    correction), times tracks / (tracks + PRIOR_TRACKS), since it knows nothing of small counts.
    """
    n = len(values)
    y = np.asarray(values, float)
    earlier, later = pairs(n)
    s = int(np.sign(y[later] - y[earlier]).sum())
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    if variance <= 0 or s == 0:
        return 0.0
    z = (abs(s) - 1) / sqrt(variance)
    return erf(z / sqrt(2)) * tracks / (tracks + PRIOR_TRACKS)


def direction(values: Sequence[float], tracks: Sequence[int], its_slope: float, sure: float) -> Direction:
    """`tracks` are those behind each value; a key needs two of them to emerge."""
    n = len(values)
    late = tracks[-max(1, n // 4) :]
    if n >= 4 and not any(tracks[: n // 2]) and sum(late) >= 2:
        return Direction.EMERGING
    if sure < SURE or its_slope == 0:
        return Direction.STEADY
    return Direction.RISING if its_slope > 0 else Direction.FALLING
