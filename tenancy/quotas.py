"""Points: what a tenant may spend, counted in Valkey, so that all processes share one account."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis

from tenancy.principals import Principal

SCRIPT = Path(__file__).with_name("quota.lua").read_text()
NAMES = {1: "burst", 2: "per_minute", 3: "per_month"}


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


@dataclass(frozen=True, slots=True)
class Charge:
    """Where the tenant stands after a request of `cost` points: `remaining` of this minute's `limit`."""

    cost: int
    limit: int
    remaining: int
    resets_at: datetime
    used_this_month: int


class QuotaExceeded(Exception):
    """The request costs more than is left; nothing was charged."""

    def __init__(self, limit: str, cost: int, remaining: int, retry_after: timedelta) -> None:
        seconds = max(1, round(retry_after.total_seconds()))
        super().__init__(
            f"This costs {cost} points and {remaining} are left of {limit.replace('_', ' ')}."
            f" Try again in {seconds} s, or ask for less."
        )
        self.limit, self.cost, self.remaining, self.retry_after_seconds = limit, cost, remaining, seconds


class Quotas:
    """Every key of a tenant has its braces around the tenant, so that Valkey Cluster keeps them together."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self._script = valkey.register_script(SCRIPT)

    async def charge(self, principal: Principal, cost: int) -> Charge:
        """Charges `cost` points, or raises QuotaExceeded and charges none."""
        now = datetime.now(UTC)
        limits = LIMITS[principal.plan]
        base = f"rap:{{{principal.tenant}}}"
        keys = [
            f"{base}:burst:{principal.key}",
            f"{base}:minute:{int(now.timestamp()) // 60}",
            f"{base}:month:{now:%Y%m}",
            f"{base}:days:{now:%Y%m}",
        ]
        left_in_month = end_of_month(now) - now
        arguments: list[Any] = [
            cost, limits.burst, limits.refill, limits.per_minute, limits.per_month, now.day,
            int(left_in_month.total_seconds() * 1000),
        ]  # fmt: skip
        allowed, limit, remaining, wait, used = cast(
            "list[int]", await self._script(keys=keys, args=arguments)
        )
        if not allowed:
            raise QuotaExceeded(NAMES[limit], cost, remaining, timedelta(milliseconds=wait))
        return Charge(cost, limits.per_minute, remaining, now + timedelta(milliseconds=wait), used)

    async def used_this_month(self, tenant: UUID) -> int:
        """Points of the tenant in the current month, UTC."""
        return int(await self._valkey.get(f"rap:{{{tenant}}}:month:{datetime.now(UTC):%Y%m}") or 0)

    async def by_day(self, tenant: UUID, first: date, last: date) -> dict[date, int]:
        """Points of each day from `first` to `last`, both included; at most a year of days is kept."""
        found: dict[date, int] = {}
        month = first.replace(day=1)
        while month <= last:
            reply = self._valkey.hgetall(f"rap:{{{tenant}}}:days:{month:%Y%m}")
            for day, points in (await cast("Awaitable[dict[bytes, bytes]]", reply)).items():
                found[month.replace(day=int(day))] = int(points)
            month = (month + timedelta(days=32)).replace(day=1)
        days = (last - first).days + 1
        return {day: found.get(day, 0) for day in (first + timedelta(days=n) for n in range(days))}


def end_of_month(now: datetime) -> datetime:
    """The moment when the month's points are full again."""
    days = monthrange(now.year, now.month)[1]
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
