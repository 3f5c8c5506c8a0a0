"""Points: what a tenant may spend, one account for all processes, whatever becomes of a server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from typing import Literal
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tenancy import usage
from tenancy.database import Database
from tenancy.ledger import Batch, Ledger, MonthUnknown, Usage, minute_of
from tenancy.limits import LIMITS, Charge, Limits, QuotaExceeded, QuotaUnavailable, end_of_month
from tenancy.local_limits import LocalLimits
from tenancy.principals import Principal
from tenancy.unflushed import Unflushed

__all__ = ["LIMITS", "Charge", "Limits", "QuotaExceeded", "QuotaUnavailable", "Quotas", "end_of_month"]

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
AT_ONCE = 100  # batches of one round trip, which charges wait for
AWAY = (RedisError, OSError)
Fallback = Literal["local", "refuse"]
# "lost" and "found" when Valkey goes and comes back, "local" for each charge without it.
Report = Callable[[Literal["lost", "found", "local"]], None]


def unreported(_: str) -> None:
    """Nobody is told."""


class Quotas:
    """Charges requests in Valkey, or by itself while Valkey is away. `keep` has to run beside it.

    What a request did not use is given back with the next charge of its key, or by `settle` within a
    second: a process that is killed loses no more than that.
    """

    def __init__(
        self, valkey: Redis, database: Database, *, without: Fallback = "local", report: Report = unreported
    ) -> None:
        self._ledger = Ledger(valkey)
        self._unflushed = Unflushed(self._ledger.valkey)
        self._database = database
        self._without, self._report = without, report
        self._local = LocalLimits()
        self._pending: dict[tuple[UUID, date], Batch] = {}  # by key and day
        self._batches: deque[tuple[int, Batch]] = deque()
        self._number = 0
        self._restoring: dict[UUID, asyncio.Lock] = {}
        self.degraded = False

    async def charge(self, principal: Principal, cost: int, operation: str = "") -> Charge:
        """Charges `cost` points, or raises QuotaExceeded and charges none.

        Raises QuotaUnavailable without Valkey, where this process is not to count by itself.
        """
        if not self.degraded:
            # Only of today: the rest is booked by `settle`, to the day that it was spent on.
            credit = self._credit(principal.id) if self._pending else None
            try:
                try:
                    return await self._ledger.charge(principal, cost, operation, credit)
                except MonthUnknown:
                    await self._restore(principal.tenant)
                    # Without the credit: what it was for may be lost too.
                    return await self._ledger.charge(principal, cost, operation, None)
            except AWAY as error:
                # This charge may have been booked: it is let through below, but not counted again.
                self._lose(error)
                return await self._charge_here(principal, cost, operation, owed=False)
        return await self._charge_here(principal, cost, operation, owed=True)

    def give_back(self, principal: Principal, charge: Charge, points: int) -> None:
        """Returns points of a charge that were not used; booked later."""
        if points <= 0 or not charge.owed:
            return
        if charge.degraded:
            self._local.give_back(principal, points)
            self._batch(principal, charge.at.date()).add(charge.operation, -points)
        else:
            self._batch(principal, charge.at.date()).give_back(minute_of(charge.at), charge.operation, points)

    async def keep(self) -> None:
        """Settles every EVERY_SECONDS, endlessly."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.settle()
            except AWAY as error:
                self._lose(error)
            except Exception as error:  # the database is away, and Valkey has to be restored
                log.warning("quotas_not_settled", error=type(error).__qualname__)

    async def settle(self) -> None:
        """Books what waits, and notices that Valkey is back. Raises what the servers raise, and keeps it."""
        if self.degraded:
            await self._ledger.reconnect()
            self.degraded = False
            self._local.clear()
            self._report("found")
            log.info("quotas_found_valkey")
        for batch in self._pending.values():
            self._number_it(batch)
        self._pending.clear()
        while self._batches:
            await self._book([self._batches[place] for place in range(min(AT_ONCE, len(self._batches)))])

    async def _book(self, batches: Sequence[tuple[int, Batch]]) -> None:
        """Books the first batches that wait, in one round trip."""
        told = await asyncio.gather(
            *(self._ledger.settle(batch, number) for number, batch in batches), return_exceptions=True
        )
        unknown, failed, errors = list[Batch](), list[tuple[int, Batch]](), list[BaseException]()
        for (number, batch), error in zip(batches, told, strict=True):
            self._batches.popleft()
            if isinstance(error, MonthUnknown):
                unknown.append(batch)
            elif isinstance(error, BaseException):
                failed.append((number, batch))
                errors.append(error)
        # A batch that failed keeps its number: if it was booked after all, it is not booked again. One whose
        # month is unknown was not booked, and gets a new number.
        self._batches.extendleft(reversed(failed))
        for batch in unknown:
            batch.forgive()
            self._number_it(batch)
        for tenant in dict.fromkeys(batch.principal.tenant for batch in unknown):
            await self._restore(tenant)
        if errors:
            raise errors[0]

    def _number_it(self, batch: Batch) -> None:
        self._number += 1
        self._batches.append((self._number, batch))

    async def close(self) -> None:
        """Books what waits, if Valkey is there."""
        with suppress(*AWAY):
            await self.settle()
        await self._ledger.close()

    async def used_this_month(self, tenant: UUID) -> int:
        """Points of the tenant in the current month, UTC."""
        if not self.degraded:
            with suppress(*AWAY):
                try:
                    return await self._ledger.used(tenant)
                except MonthUnknown:
                    await self._restore(tenant)
                    return await self._ledger.used(tenant)
        return await usage.spent(self._database, tenant)

    async def by_day(self, tenant: UUID, first: date, last: date) -> dict[date, int]:
        """Points of each day from `first` to `last`, both included; without Valkey those that are stored."""
        newer: Sequence[Usage] = ()
        if not self.degraded:
            with suppress(*AWAY):
                _, newer = await self._unflushed.read(tenant)
        return await usage.by_day(self._database, tenant, first, last, newer)

    def _credit(self, key: UUID) -> Batch | None:
        at = (key, usage.today())
        return self._pending.pop(at) if at in self._pending and self._pending[at].is_credit else None

    def _batch(self, principal: Principal, day: date) -> Batch:
        batch = self._pending.get((principal.id, day))
        if batch is None:
            batch = self._pending[principal.id, day] = Batch(principal, day)
        return batch

    async def _charge_here(self, principal: Principal, cost: int, operation: str, *, owed: bool) -> Charge:
        if self._without == "refuse":
            raise QuotaUnavailable(QuotaUnavailable.__doc__)
        if not self._local.knows(principal.tenant):
            self._local.begin(principal.tenant, await usage.spent(self._database, principal.tenant))
        charge = self._local.charge(principal, cost, operation)
        self._report("local")
        if owed:
            self._batch(principal, charge.at.date()).add(operation, cost, 1)
        return charge if owed else charge._replace(owed=False)

    def _lose(self, error: Exception) -> None:
        if not self.degraded:
            self.degraded = True
            self._report("lost")
            log.warning("quotas_lost_valkey", error=type(error).__qualname__)

    async def _restore(self, tenant: UUID) -> None:
        """Once for all requests that wait for it."""
        lock = self._restoring.setdefault(tenant, asyncio.Lock())
        if lock.locked():
            async with lock:
                return
        async with lock:
            try:
                await usage.restore(self._database, self._ledger, tenant)
            finally:
                del self._restoring[tenant]
