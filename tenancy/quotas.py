"""Points: what a tenant may spend, one account for all processes, whatever becomes of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import structlog

from tenancy import usage
from tenancy.database import Database
from tenancy.ledger import Ledger, MonthUnknown, Usage
from tenancy.limits import LIMITS, Charge, Limits, QuotaExceeded, QuotaUnavailable, end_of_month
from tenancy.local_limits import LocalLimits
from tenancy.principals import Principal
from tenancy.purse import minute_of
from tenancy.purses import Purses
from tenancy.unflushed import Unflushed
from tenancy.valkey import AWAY, Valkey

__all__ = ["LIMITS", "Charge", "Limits", "QuotaExceeded", "QuotaUnavailable", "Quotas", "end_of_month"]

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
# Taken along with a charge for those that follow: so many times its cost, and at most this share of a burst.
TIMES, SHARE = 100, 10
Fallback = Literal["local", "refuse"]
# "lost" and "found" when Valkey goes and comes back, "local" for each charge without it.
Report = Callable[[Literal["lost", "found", "local"]], None]


def unreported(_: str) -> None:
    """Nobody is told."""


class Quotas:
    """Charges requests in Valkey, or by itself while Valkey is away. `keep` has to run beside it.

    Where plenty is left, a charge takes points along that pay the key's next requests here, without asking
    Valkey (`Purse`). They are charged first and spent then, so that no limit is passed; what is left of them
    goes back within seconds, as does what a request did not use. A process that is killed loses the usage
    of a second, of a key that asks seldom that of fewer than ten requests, and what it held.
    """

    def __init__(
        self, valkey: Valkey, database: Database, *, without: Fallback = "local", report: Report = unreported
    ) -> None:
        self._ledger = Ledger(valkey)
        self._unflushed = Unflushed(self._ledger.valkey)
        self._purses = Purses(self._ledger, self._restore)
        self._database = database
        self._without, self._report = without, report
        self._local = LocalLimits()
        self._restoring: dict[UUID, asyncio.Lock] = {}
        self.degraded = False

    async def charge(self, principal: Principal, cost: int, operation: str = "") -> Charge:
        """Charges `cost` points, or raises QuotaExceeded and charges none.

        Raises QuotaUnavailable without Valkey, where this process is not to count by itself.
        """
        if self.degraded:
            return await self._charge_here(principal, cost, operation, owed=True)
        purse = self._purses.find(principal.id)
        if purse is not None and (paid := purse.pay(cost, operation)) is not None:
            return paid
        try:
            return await self._charge_there(principal, cost, operation)
        except AWAY as error:
            # This charge may have been booked: it is let through below, but not counted again.
            self._lose(error)
            return await self._charge_here(principal, cost, operation, owed=False)

    async def _charge_there(self, principal: Principal, cost: int, operation: str) -> Charge:
        """The charge in Valkey, which brings points along unless another is about to."""
        purse = self._purses.of(principal, minute_of(datetime.now(UTC)))
        fills = not purse.filling
        most = min(TIMES * cost, LIMITS[principal.plan].burst // SHARE) if fills else 0
        purse.filling = True
        try:
            try:
                charge, points = await self._ledger.charge(principal, cost, operation, purse.empty(), most)
            except MonthUnknown:
                await self._restore(principal.tenant)
                # Nothing comes back: what it was paid with may be lost too.
                charge, points = await self._ledger.charge(principal, cost, operation, 0, most)
        finally:
            if fills:
                purse.filling = False
        # Not into the purse from before: it may have been settled meanwhile.
        self._purses.of(principal, minute_of(charge.at)).fill(charge, points)
        return charge.without(points)

    def give_back(self, principal: Principal, charge: Charge, points: int) -> None:
        """Returns points of a charge that were not used, at most all of them."""
        points = min(points, charge.cost)
        if points <= 0 or not charge.owed:
            return
        purse = self._purses.of(principal, minute_of(charge.at))
        if charge.degraded:
            self._local.give_back(principal, points)
            purse.count(charge.operation, -points)
            purse.unpaid -= points
        else:
            purse.give_back(charge.operation, points)

    async def keep(self) -> None:
        """Settles what is due every EVERY_SECONDS, endlessly."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.settle(due=True)
            except AWAY as error:
                self._lose(error)
            except Exception as error:  # the database is away, and Valkey has to be restored
                log.warning("quotas_not_settled", error=type(error).__qualname__)

    async def settle(self, *, due: bool = False) -> None:
        """Books what waits, or only what is `due`, and notices that Valkey is back.

        Raises what the servers raise, and keeps what is left.
        """
        if self.degraded:
            await self._ledger.reconnect()
            self.degraded = due = False  # what was let through meanwhile waits no longer
            self._local.clear()
            self._report("found")
            log.info("quotas_found_valkey")
        await self._purses.settle(due=due)

    async def close(self) -> None:
        """Books what waits, if Valkey is there."""
        with suppress(*AWAY):
            await self.settle()
        await self._ledger.close()

    async def used_this_month(self, tenant: UUID) -> int:
        """Points of the tenant in the current month, UTC."""
        if not self.degraded:
            with suppress(*AWAY):
                await self._purses.settle(tenant)
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
                await self._purses.settle(tenant)
                _, newer = await self._unflushed.read(tenant)
        return await usage.by_day(self._database, tenant, first, last, newer)

    async def _charge_here(self, principal: Principal, cost: int, operation: str, *, owed: bool) -> Charge:
        if self._without == "refuse":
            raise QuotaUnavailable(QuotaUnavailable.__doc__)
        if not self._local.knows(principal.tenant):
            self._local.begin(principal.tenant, await usage.spent(self._database, principal.tenant))
        charge = self._local.charge(principal, cost, operation)
        self._report("local")
        if owed:
            purse = self._purses.of(principal, minute_of(charge.at))
            purse.count(operation, cost, 1)
            purse.unpaid += cost
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
