"""Release periods: months, quarters, years and decades as numbers and as first days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

MAX_PERIODS = 400  # of a series: a chart shows no more, and every pair of them is compared


class TooManyPeriods(ValueError):
    """The dates span more periods than a series can have."""

    def __init__(self, periods: int) -> None:
        super().__init__(
            f"The dates span {periods:,} periods, and a series has at most {MAX_PERIODS}:"
            " choose a longer granularity, or narrow `from` and `to`."
        )


class Granularity(StrEnum):
    """How long a period is; the values are Postgres's for `date_trunc`."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"


def number_of(period: date, granularity: Granularity) -> int:
    """Periods counted without a gap, so that a slope is a change a period."""
    match granularity:
        case Granularity.MONTH:
            return period.year * 12 + period.month - 1
        case Granularity.QUARTER:
            return period.year * 4 + (period.month - 1) // 3
        case Granularity.YEAR:
            return period.year
    return period.year // 10


def period_of(number: int, granularity: Granularity) -> date:
    """The first day; the first decade begins before the first year that there is."""
    match granularity:
        case Granularity.MONTH:
            return date(number // 12, number % 12 + 1, 1)
        case Granularity.QUARTER:
            return date(number // 4, number % 4 * 3 + 1, 1)
        case Granularity.YEAR:
            return date(number, 1, 1)
    return date(max(1, number * 10), 1, 1)


def last_day(period: date, granularity: Granularity) -> date:
    number = number_of(period, granularity) + 1
    try:
        return period_of(number, granularity) - timedelta(days=1)
    except ValueError:
        return date.max


def all_periods(periods: Collection[date], granularity: Granularity) -> list[date]:
    """Every period from the first to the last, those without a track too. Raises TooManyPeriods."""
    numbers = [number_of(period, granularity) for period in periods]
    if not numbers:
        return []
    if max(numbers) - min(numbers) >= MAX_PERIODS:
        raise TooManyPeriods(max(numbers) - min(numbers) + 1)
    return [period_of(number, granularity) for number in range(min(numbers), max(numbers) + 1)]
