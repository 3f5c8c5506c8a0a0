"""A tenant's budget for language models, a calendar month (UTC): set aside, then settled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import Database

# One statement: of two that ask at once, the second sees what the first has taken.
_RESERVE = text("""
    insert into model_spend as m (tenant_id, month, usd)
    values (:tenant, date_trunc('month', now() at time zone 'utc')::date, :usd)
    on conflict (tenant_id, month) do update set usd = m.usd + excluded.usd
    where m.usd + excluded.usd <= :budget
    returning month""")
_SETTLE = text(
    "update model_spend set usd = greatest(0, usd + :change) where tenant_id = :tenant and month = :month"
)


_SPENT = text("""
    select coalesce(sum(usd), 0) from model_spend
    where tenant_id = :tenant and month = date_trunc('month', now() at time zone 'utc')::date""")


async def spent(session: AsyncSession, tenant: UUID) -> float:
    """Dollars of this month, with what is set aside for requests under way."""
    return float((await session.execute(_SPENT, {"tenant": tenant})).scalar_one())


async def _nothing(spent: float) -> None:
    pass


class Budget:
    """One tenant's purse. Every step is a transaction of its own, so that a worker that is killed leaves
    what it had set aside: its request may well be on the bill.

    `short` once it has said no to what it could pay in another month.
    """

    def __init__(self, database: Database, tenant: UUID, monthly_usd: float) -> None:
        self._database = database
        self.owner = tenant
        self._monthly = monthly_usd
        self.short = False
        self._held = 0  # requests of this purse that are under way
        self._settlements = 0
        self._settled = asyncio.Condition()

    async def reserve(self, usd: float) -> Callable[[float], Awaitable[None]] | None:
        """See `conversation.Purse`. A model without a price costs nothing, whatever is left."""
        if usd <= 0:
            return _nothing
        if usd > self._monthly:
            return None
        while True:
            seen = self._settlements
            month = await self._take(usd)
            if month is not None:
                break
            if self._settlements == seen and not self._held:
                self.short = True
                return None
            # Requests seldom cost the most that they can: what is under way may leave enough.
            async with self._settled:
                while self._settlements == seen:
                    await self._settled.wait()
        self._held += 1
        taken = month

        async def settle(spent: float) -> None:
            change = {"tenant": self.owner, "month": taken, "change": spent - usd}
            try:
                async with self._database.transaction(self.owner) as session:
                    await session.execute(_SETTLE, change)
            finally:
                self._held -= 1
                self._settlements += 1
                async with self._settled:
                    self._settled.notify_all()

        return settle

    async def _take(self, usd: float) -> date | None:
        """The month that it was taken from; None where it does not have as much."""
        values = {"tenant": self.owner, "usd": usd, "budget": self._monthly}
        async with self._database.transaction(self.owner) as session:
            month: date | None = await session.scalar(_RESERVE, values)
        return month
