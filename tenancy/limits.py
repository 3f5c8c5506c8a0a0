"""What a plan may spend, where a caller stands, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Limits:
    """Points: `burst` at once for a key, refilled by `refill` a second; the others for the whole tenant."""

    burst: int
    refill: int
    per_minute: int
    per_month: int


# A page of twenty tracks with artists and analyses costs about a thousand points. DEMO is meant to be
# played with and measured on one's own machine, so it is as good as unlimited.
LIMITS = {
    "DEMO": Limits(burst=5_000_000, refill=2_000_000, per_minute=100_000_000, per_month=2_000_000_000),
    "TEAM": Limits(burst=100_000, refill=20_000, per_minute=1_000_000, per_month=500_000_000),
    "ENTERPRISE": Limits(burst=1_000_000, refill=200_000, per_minute=10_000_000, per_month=2_000_000_000),
}


class Charge(NamedTuple):
    """Where a caller stands at `at`, after `cost` points: what is left of each limit.

    `burst_wait` and `minute_wait` are milliseconds until those are full again; `operation` is the name
    under which the request counts; `degraded` says that this process alone kept the account.
    """

    cost: int
    limits: Limits
    at: datetime
    burst: int
    minute: int
    month: int
    burst_wait: int
    minute_wait: int
    operation: str = ""
    degraded: bool = False
    owed: bool = True  # False where nobody knows whether it was booked: nothing is given back then

    def without(self, points: int, cost: int | None = None, operation: str | None = None) -> Charge:
        """The standing once points are given back: of this charge, or of another that they pay for."""
        limits = self.limits
        return Charge(
            self.cost if cost is None else cost,
            limits,
            self.at,
            min(limits.burst, self.burst + points),
            min(limits.per_minute, self.minute + points),
            min(limits.per_month, self.month + points),
            max(0, self.burst_wait - points * 1000 // limits.refill),
            self.minute_wait,
            self.operation if operation is None else operation,
            self.degraded,
            self.owed,
        )

    @property
    def limit(self) -> int:
        """Points a minute."""
        return self.limits.per_minute

    @property
    def remaining(self) -> int:
        """Points left in this minute."""
        return self.minute

    @property
    def resets_at(self) -> datetime:
        """When the minute's points are full again."""
        return self.at + timedelta(milliseconds=self.minute_wait)

    @property
    def used_this_month(self) -> int:
        return self.limits.per_month - self.month

    @property
    def nearest(self) -> tuple[str, int, int]:
        """The limit with the fewest points left: its policy's name, the points, seconds until it is full."""
        left = min(self.burst, self.minute, self.month)
        if left == self.burst:
            return "burst", left, ceil(self.burst_wait / 1000)
        if left == self.minute:
            return "minute", left, ceil(self.minute_wait / 1000)
        return "month", left, ceil((end_of_month(self.at) - self.at).total_seconds())


class QuotaExceeded(Exception):
    """The request costs more than is left of `limit`; nothing was charged. `standing` costs nothing."""

    def __init__(
        self, limit: str, cost: int, remaining: int, retry_after: timedelta, standing: Charge | None = None
    ) -> None:
        seconds = max(1, ceil(retry_after.total_seconds()))
        most = getattr(standing.limits, limit) if standing is not None else cost
        super().__init__(
            f"This costs {cost} points, more than the {most} that one request may cost. Ask for less."
            if cost > most
            else f"This costs {cost} points and {remaining} are left of {limit.replace('_', ' ')}."
            f" Try again in {seconds} s, or ask for less."
        )
        self.limit, self.cost, self.remaining, self.retry_after_seconds = limit, cost, remaining, seconds
        self.standing = standing


class QuotaUnavailable(Exception):
    """Points can't be counted at the moment, so nothing is answered. Try again in a second."""

    retry_after_seconds = 1


def end_of_month(now: datetime) -> datetime:
    """The moment when the month's points are full again."""
    year, month = divmod(12 * now.year + now.month, 12)
    return datetime(year, month + 1, 1, tzinfo=now.tzinfo)
