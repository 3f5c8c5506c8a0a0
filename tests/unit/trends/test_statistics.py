"""Slopes, confidence and directions on series whose answer is known."""

from __future__ import annotations

import pytest

from app.trends.statistics import Direction, confidence, direction, slope


def test_the_slope_of_a_line_is_its_own() -> None:
    assert slope([0, 1, 2, 5], [1.0, 3.0, 5.0, 11.0]) == pytest.approx(2)


def test_one_outlier_does_not_bend_the_slope() -> None:
    values = [float(n) for n in range(9)]
    values[4] = 500.0
    assert slope(range(9), values) == pytest.approx(1)


def test_too_little_to_have_a_slope() -> None:
    assert slope([], []) == slope([3], [7.0]) == 0


def test_confidence_of_a_known_series() -> None:
    # Ten rising values: S = 45, variance 125, z = 44 / 11.18 = 3.935, p = 8.3e-5.
    assert confidence([float(n) for n in range(10)], 10**9) == pytest.approx(1 - 8.3e-5, abs=1e-6)


def test_confidence_knows_ties_noise_and_small_counts() -> None:
    rising = [float(n) for n in range(10)]
    assert confidence([1.0] * 10, 100) == 0
    assert confidence([1.0, 2.0], 100) == 0  # one pair can't tell
    assert confidence([1.0, 3.0, 2.0, 3.0, 1.0, 2.0], 100) < 0.5
    assert confidence(rising, 10) == pytest.approx(confidence(rising, 10**9) / 2, rel=1e-6)
    assert confidence(rising[::-1], 50) == confidence(rising, 50)


@pytest.mark.parametrize(
    ("values", "tracks", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], [3, 3, 3, 3], Direction.RISING),
        ([0.4, 0.3, 0.2, 0.1], [3, 3, 3, 3], Direction.FALLING),
        ([0.0, 0.0, 0.0, 0.4], [0, 0, 0, 2], Direction.EMERGING),
        ([0.0, 0.0, 0.0, 0.4], [0, 0, 0, 1], Direction.RISING),
        ([], [], Direction.STEADY),
    ],
)
def test_directions(values: list[float], tracks: list[int], expected: Direction) -> None:
    assert direction(values, tracks, slope(range(len(values)), values), 0.9) is expected


def test_an_unsure_direction_is_steady() -> None:
    assert direction([0.1, 0.2], [1, 1], 0.1, 0.2) is Direction.STEADY
