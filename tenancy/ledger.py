"""The account of every tenant in Valkey, which all processes share."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import cast
from uuid import UUID

from tenancy.limits import LIMITS, Charge, QuotaExceeded, end_of_month
from tenancy.pipelined import PipelinedScript
from tenancy.principals import Principal
from tenancy.purse import Purse, minute_of
from tenancy.valkey import Valkey, impatient, reconnect

FOLDER = Path(__file__).parent
RESTORE = (FOLDER / "restore.lua").read_text()  # so seldom that it is sent whole
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


class Ledger:
    """Every key of a tenant has its braces around the tenant, so that Valkey Cluster keeps them together.

    Nothing is tried twice or waits long: raises what valkey.AWAY names.
    """

    def __init__(self, valkey: Valkey) -> None:
        # A charge whose answer was lost may have been booked: trying again would book it twice.
        self.valkey = impatient(valkey)
        self._charge = PipelinedScript(self.valkey, (FOLDER / "quota.lua").read_text())
        self._settle = PipelinedScript(self.valkey, (FOLDER / "settle.lua").read_text())
        self._process = secrets.token_hex(8)

    async def charge(
        self, principal: Principal, cost: int, operation: str, back: int, beforehand: int
    ) -> tuple[Charge, int]:
        """The charge, after `back` points of the key's came back; and how many were taken beforehand.

        Raises QuotaExceeded, or MonthUnknown with nothing booked.
        """
        now, limits = datetime.now(UTC), LIMITS[principal.plan]
        keys = keys_of(principal.tenant, principal.id, minute_of(now), now.date())
        arguments = (
            cost, limits.burst, limits.refill, limits.per_minute, limits.per_month,
            int((end_of_month(now) - now).total_seconds() * 1000), f"{now.year}{now.month:02}{now.day:02}",
            str(principal.id), operation, MAX_NAMES, back, beforehand,
        )  # fmt: skip
        told: list[int] = await self._charge(keys, arguments)
        refused, burst, minute, month, wait, burst_wait, minute_wait, other, taken = told
        if refused < 0:
            raise MonthUnknown
        counted = OTHER if other else operation
        charge = Charge(
            0 if refused else cost, limits, now, burst, minute, month, burst_wait, minute_wait, counted
        )
        if refused:
            left = {1: burst, 2: minute, 3: month}[refused]
            raise QuotaExceeded(NAMES[refused], cost, left, timedelta(milliseconds=wait), charge)
        return charge, taken

    async def settle(self, purse: Purse, number: int) -> None:
        """Books a purse once: a number that is not above the last one is passed over. Raises MonthUnknown."""
        principal, day = purse.principal, purse.day
        keys = keys_of(principal.tenant, principal.id, purse.minute, day)
        arguments: list[str | int] = [
            number, LIMITS[principal.plan].refill, f"{day:%Y%m%d}", str(principal.id), MAX_NAMES,
            purse.held, purse.unpaid, int(f"{day:%Y%m}" == f"{datetime.now(UTC):%Y%m}"),
        ]  # fmt: skip
        for name, (points, requests) in purse.operations.items():
            arguments += name, points, requests
        last = f"{prefix(principal.tenant)}:settled:{self._process}"
        if await self._settle(keys=[*keys, last], args=arguments) < 0:
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
        await self.valkey.eval(RESTORE, len(keys), *keys, *arguments)

    async def used(self, tenant: UUID) -> int:
        """Points of the current month, UTC. Raises MonthUnknown."""
        used = await self.valkey.get(f"{prefix(tenant)}:month:{datetime.now(UTC):%Y%m}")
        if used is None:
            raise MonthUnknown
        return int(used)

    async def reconnect(self) -> None:
        """Returns when Valkey answers on a new connection, without those that it has left."""
        await reconnect(self.valkey)

    async def close(self) -> None:
        await self.valkey.aclose()


def prefix(tenant: UUID) -> str:
    return f"rap:{{{tenant}}}"


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


async def hash_of(valkey: Valkey, key: str) -> dict[bytes, bytes]:
    return await cast("Awaitable[dict[bytes, bytes]]", valkey.hgetall(key))
