"""Limits that one process keeps by itself while Valkey is away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tenancy.limits import LIMITS, Charge, QuotaExceeded, end_of_month
from tenancy.principals import Principal
from tenancy.purse import minute_of

MAX_BURSTS = 10_000


class LocalLimits:
    """The limits of the plan, counted in this process alone.

    Processes do not see each other's charges: together they let through at most (number of processes ×
    the limit) of burst and minute, beside what Valkey had granted before it went. The month goes on
    from the durable total that `begin` is given, so that it is passed by at most what the other processes
    grant meanwhile. Not safe for threads.
    """

    def __init__(self) -> None:
        self._arrivals: dict[UUID, float] = {}  # of each key (GCRA), in milliseconds
        self._minutes: dict[UUID, int] = {}
        self._minute = 0
        self._months: dict[UUID, int] = {}

    def clear(self) -> None:
        """Forgets everything: Valkey is back."""
        self._arrivals.clear()
        self._minutes.clear()
        self._months.clear()

    def knows(self, tenant: UUID) -> bool:
        return tenant in self._months

    def begin(self, tenant: UUID, spent: int) -> None:
        """`spent` are the points of this month so far."""
        self._months.setdefault(tenant, spent)

    def charge(self, principal: Principal, cost: int, operation: str) -> Charge:
        """The charge, with `degraded` set. Raises QuotaExceeded."""
        at, limits, tenant = datetime.now(UTC), LIMITS[principal.plan], principal.tenant
        now = at.timestamp() * 1000
        self._turn(minute_of(at), now)
        arrival = max(now, self._arrivals.get(principal.id, 0))
        minute, month = self._minutes.get(tenant, 0), self._months.get(tenant, 0)
        in_minute = int(60_000 - now % 60_000)
        burst = max(0, int(limits.burst - (arrival - now) * limits.refill / 1000))
        left = {
            "burst": burst,
            "per_minute": limits.per_minute - minute,
            "per_month": limits.per_month - month,
        }
        wait = {
            "burst": timedelta(milliseconds=(cost - burst) * 1000 / limits.refill),
            "per_minute": timedelta(milliseconds=in_minute),
            "per_month": end_of_month(at) - at,
        }
        standing = Charge(
            0, limits, at, burst, max(0, left["per_minute"]), max(0, left["per_month"]), int(arrival - now),
            in_minute, operation, True,
        )  # fmt: skip
        for name, points in left.items():
            if cost > points:
                raise QuotaExceeded(name, cost, max(0, points), wait[name], standing)
        self._add(principal, arrival + cost * 1000 / limits.refill, cost)
        return Charge(
            cost, limits, at, burst - cost, left["per_minute"] - cost, left["per_month"] - cost,
            int(arrival - now + cost * 1000 / limits.refill), in_minute, operation, True,
        )  # fmt: skip

    def give_back(self, principal: Principal, points: int) -> None:
        arrival = self._arrivals.get(principal.id, 0) - points * 1000 / LIMITS[principal.plan].refill
        self._add(principal, arrival, -points)

    def _add(self, principal: Principal, arrival: float, points: int) -> None:
        self._arrivals[principal.id] = arrival
        for counters in (self._minutes, self._months):
            counters[principal.tenant] = max(0, counters.get(principal.tenant, 0) + points)

    def _turn(self, minute: int, now: float) -> None:
        """A new minute begins with none spent, and without the keys that have all of their burst."""
        if minute != self._minute:
            self._minute = minute
            self._minutes.clear()
        if len(self._arrivals) > MAX_BURSTS:
            self._arrivals = {key: arrival for key, arrival in self._arrivals.items() if arrival > now}
