"""The account of every tenant in Valkey, which all processes share."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import cast
from uuid import UUID

from redis.asyncio import Redis

from tenancy.impatience import impatient
from tenancy.limits import LIMITS, Charge, QuotaExceeded, end_of_month
from tenancy.pipelined import PipelinedScript
from tenancy.principals import Principal

FOLDER = Path(__file__).parent
NAMES = {1: "burst", 2: "per_minute", 3: "per_month"}
MAX_NAMES = 200  # operation names a tenant and day; what comes after them counts as OTHER
OTHER = "other"


class MonthUnknown(Exception):
    """Valkey has no account of the tenant's month: it is new, or was lost. Restore it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Totals of one key and operation on one day, UTC."""

    day: date
    key: UUID
    operation: str
    points: int
    requests: int


@dataclass(slots=True)
class Batch:
    """What is to be booked for one key and day: operation → [points, requests]; credits are below zero.

    Of the points given back, `burst` belong to the key's burst and `minutes` to these minutes.
    """

    principal: Principal
    day: date
    operations: dict[str, list[int]] = field(default_factory=dict)
    burst: int = 0
    minutes: dict[int, int] = field(default_factory=dict)

    def add(self, operation: str, points: int, requests: int = 0) -> None:
        totals = self.operations.setdefault(operation, [0, 0])
        totals[0] += points
        totals[1] += requests

    def give_back(self, minute: int, operation: str, points: int) -> None:
        self.add(operation, -points)
        self.burst += points
        self.minutes[minute] = self.minutes.get(minute, 0) + points

    @property
    def is_credit(self) -> bool:
        """Whether all of it is points given back in Valkey, which can travel with a charge."""
        return self.burst > 0 and -self.burst == sum(points for points, _ in self.operations.values())

    def forgive(self) -> None:
        """Leaves credits out: Valkey was lost, perhaps with the charges that they are for."""
        self.burst, self.minutes = 0, {}
        self.operations = {name: [max(0, points), n] for name, (points, n) in self.operations.items()}


class Ledger:
    """Every key of a tenant has its braces around the tenant, so that Valkey Cluster keeps them together.

    Nothing is tried twice or waits long: raises redis.RedisError or OSError.
    """

    def __init__(self, valkey: Redis) -> None:
        # A charge whose answer was lost may have been booked: trying again would book it twice.
        self.valkey = impatient(valkey)
        self._charge = PipelinedScript(self.valkey, (FOLDER / "quota.lua").read_text())
        self._settle = PipelinedScript(self.valkey, (FOLDER / "settle.lua").read_text())
        self._restore = self.valkey.register_script((FOLDER / "restore.lua").read_text())
        self._process = secrets.token_hex(8)

    async def charge(self, principal: Principal, cost: int, operation: str, credit: Batch | None) -> Charge:
        """Raises QuotaExceeded, or MonthUnknown with nothing booked."""
        now, limits = datetime.now(UTC), LIMITS[principal.plan]
        this_minute = minute_of(now)
        keys = keys_of(principal.tenant, principal.id, this_minute, now.date())
        arguments: list[str | int] = [
            cost, limits.burst, limits.refill, limits.per_minute, limits.per_month,
            int((end_of_month(now) - now).total_seconds() * 1000), f"{now.year}{now.month:02}{now.day:02}",
            str(principal.id), operation, MAX_NAMES, 0, 0,
        ]  # fmt: skip
        if credit is not None:
            arguments[-2:] = credit.burst, credit.minutes.get(this_minute, 0)
            for name, (points, _) in credit.operations.items():
                arguments += name, -points
        told: list[int] = await self._charge(keys, arguments)
        refused, burst, minute, month, wait, burst_wait, minute_wait, other = told
        if refused < 0:
            raise MonthUnknown
        counted = OTHER if other else operation
        charge = Charge(
            0 if refused else cost, limits, now, burst, minute, month, burst_wait, minute_wait, counted
        )
        if refused:
            left = {1: burst, 2: minute, 3: month}[refused]
            raise QuotaExceeded(NAMES[refused], cost, left, timedelta(milliseconds=wait), charge)
        return charge

    async def settle(self, batch: Batch, number: int) -> None:
        """Books a batch once: a number that is not above the last one is passed over. Raises MonthUnknown."""
        now = datetime.now(UTC)
        tenant, key = batch.principal.tenant, batch.principal.id
        keys = keys_of(tenant, key, minute_of(now), batch.day)
        arguments: list[str | int] = [
            number, LIMITS[batch.principal.plan].refill, f"{batch.day:%Y%m%d}", str(key), MAX_NAMES,
            batch.burst, batch.minutes.get(minute_of(now), 0), int(f"{batch.day:%Y%m}" == f"{now:%Y%m}"),
        ]  # fmt: skip
        for name, (points, requests) in batch.operations.items():
            arguments += name, points, requests
        if await self._settle(keys=[*keys, f"{prefix(tenant)}:settled:{self._process}"], args=arguments) < 0:
            raise MonthUnknown

    async def restore(self, tenant: UUID, today: date, month: int, rows: Iterable[Usage]) -> None:
        """Gives the month back, with the rows of today and yesterday, unless somebody else has done so."""
        days = [today, today - timedelta(days=1)]
        keys = [f"{prefix(tenant)}:month:{today:%Y%m}"]
        for day in days:
            keys += f"{prefix(tenant)}:usage:{day:%Y%m%d}", f"{prefix(tenant)}:names:{day:%Y%m%d}"
        arguments: list[str | int] = [month]
        for row in rows:
            arguments += days.index(row.day) + 1, str(row.key), row.operation, row.points, row.requests
        await self._restore(keys=keys, args=arguments)

    async def used(self, tenant: UUID) -> int:
        """Points of the current month, UTC. Raises MonthUnknown."""
        used = await self.valkey.get(f"{prefix(tenant)}:month:{datetime.now(UTC):%Y%m}")
        if used is None:
            raise MonthUnknown
        return int(used)

    async def reconnect(self) -> None:
        """Returns when Valkey answers on a new connection, without those that it has left."""
        await self.valkey.connection_pool.disconnect(inuse_connections=False)
        await self.valkey.ping()

    async def close(self) -> None:
        await self.valkey.aclose()


def prefix(tenant: UUID) -> str:
    return f"rap:{{{tenant}}}"


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


@lru_cache(maxsize=10_000)
def keys_of(tenant: UUID, key: UUID, minute: int, day: date) -> tuple[str, ...]:
    """What the scripts call KEYS."""
    base = prefix(tenant)
    return (
        f"{base}:burst:{key}",
        f"{base}:minute:{minute}",
        f"{base}:month:{day:%Y%m}",
        f"{base}:usage:{day:%Y%m%d}",
        f"{base}:names:{day:%Y%m%d}",
        f"{base}:unflushed",
    )


async def hash_of(valkey: Redis, key: str) -> dict[bytes, bytes]:
    return await cast("Awaitable[dict[bytes, bytes]]", valkey.hgetall(key))
