"""What the sets' figures are made of: shares, F1, their intervals, and how honest confidences are."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

SAMPLES = 1000
BINS = 10
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found of what is there: right, invented and missed."""

    right: int = 0
    invented: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number: of which agent and set, over how many items, with its 95 % interval."""

    agent: str
    of: str
    items: int
    measure: str
    value: float
    low: float
    high: float

    def cells(self) -> tuple[str, ...]:
        """A row of a table."""
        shown = f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"
        return self.agent, self.of, str(self.items), self.measure, shown


def figure(
    agent: str, of: str, measure: str, items: Sequence[Item], value: Callable[[Sequence[Item]], float]
) -> Figure:
    """`value` of the items, and of `SAMPLES` bootstrap samples of them (Efron 1979, percentiles)."""
    low, high = interval(items, value)
    return Figure(agent, of, len(items), measure, value(items), low, high)


def interval(items: Sequence[Item], value: Callable[[Sequence[Item]], float]) -> tuple[float, float]:
    """The middle 95 % of `value` over resampled items, the same samples on every run."""
    chance = random.Random(20)
    values = sorted(value(chance.choices(items, k=len(items))) for _ in range(SAMPLES))
    return values[int(0.025 * SAMPLES)], values[int(0.975 * SAMPLES) - 1]


def share(right: Sequence[bool]) -> float:
    """How many of all are right, 0..1; 0 of none."""
    return sum(right) / len(right) if right else 0.0


def precision(counts: Sequence[Counts]) -> float:
    """Right among what was found, pooled; 0 when nothing was."""
    right, found = sum(c.right for c in counts), sum(c.right + c.invented for c in counts)
    return right / found if found else 0.0


def recall(counts: Sequence[Counts]) -> float:
    """Found among what is there, pooled; 0 when nothing is."""
    right, there = sum(c.right for c in counts), sum(c.right + c.missed for c in counts)
    return right / there if there else 0.0


def f1(counts: Sequence[Counts]) -> float:
    """Harmonic mean of precision and recall, pooled; 0 when nothing is right."""
    right = sum(c.right for c in counts)
    wrong = sum(c.invented + c.missed for c in counts)
    return 2 * right / (2 * right + wrong) if right else 0.0


def ranking(judged: Sequence[tuple[float, bool]]) -> float:
    """How often a value of what is so is above one of what is not, equal ones counted half: the area under
    the ROC curve (Hanley & McNeil 1982); .5 is chance, and what one gets where there is only one of both.
    """
    so, not_so = [v for v, right in judged if right], [v for v, right in judged if not right]
    if not so or not not_so:
        return 0.5
    above = sum((one > other) + 0.5 * (one == other) for one in so for other in not_so)
    return above / (len(so) * len(not_so))


def calibration_error(judged: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error of (confidence, was it right), 0..1: the mean distance of both over ten
    bins of equal width, weighted by their sizes (Naeini, Cooper & Hauskrecht 2015, AAAI).
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in judged:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    return sum(abs(sum(c for c, _ in found) - sum(r for _, r in found)) for found in bins) / max(
        1, len(judged)
    )
