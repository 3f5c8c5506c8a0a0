"""What a tenant has decided about language models, within what the service offers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import endings
from app.analysis.models import Analyzer
from app.jobs import Job, Priority, request
from tenancy import audit
from tenancy.audit import Action, Actor
from tenancy.models import Tenant

MOST_USD = 1_000_000.0


class InvalidPolicy(ValueError):
    """A part of a policy that can't hold; `field` names it as `Policy` does."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Policy:
    """`ask_below` (a confidence, 0..1) and `monthly_budget_usd` are None where the service's settings hold.

    A tenant can spend less than the service allows it, never more. One that shares answers gets, and gives,
    what a model has said about the very same words to others that share them too. `switched_off` are
    analyzers of kind MODEL that are never asked.
    """

    ask_below: float | None = None
    monthly_budget_usd: float | None = None
    shares_answers: bool = False
    switched_off: tuple[str, ...] = ()

    def changed(self, changes: Mapping[str, Any]) -> Policy:
        """With these parts; None is what a part is from the start. Raises InvalidPolicy."""
        from_start = asdict(Policy())
        given = {name: from_start[name] if value is None else value for name, value in changes.items()}
        new = Policy(**(asdict(self) | given))
        new = replace(new, switched_off=tuple(sorted(set(new.switched_off))))
        within("ask_below", new.ask_below, 1.0)
        within("monthly_budget_usd", new.monthly_budget_usd, MOST_USD)
        return new


def within(field: str, value: float | None, most: float) -> None:
    if value is not None and not (math.isfinite(value) and 0 <= value <= most):
        raise InvalidPolicy(field, f"This has to be from 0 to {most:,.0f}; it is {value:g}.")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the service's settings say: the confidence below which models are asked, and a tenant's dollars
    a calendar month."""

    ask_below: float
    monthly_budget_usd: float

    def to(self, policy: Policy) -> Offer:
        """What holds for a tenant."""
        below, budget = policy.ask_below, policy.monthly_budget_usd
        return Offer(
            self.ask_below if below is None else below,
            self.monthly_budget_usd if budget is None else min(self.monthly_budget_usd, budget),
        )


async def read(session: AsyncSession, tenant: UUID, *, hold: bool = False) -> Policy:
    """With `hold` it is not changed until the transaction ends."""
    row = await session.get_one(Tenant, tenant, with_for_update={"read": True} if hold else None)
    off = select(Analyzer.name).where(
        Analyzer.tenant_id == tenant, Analyzer.kind == "MODEL", ~Analyzer.enabled
    )
    names = tuple(await session.scalars(off.order_by(Analyzer.name)))
    return Policy(row.models_below, row.models_monthly_usd, row.shares_answers, names)


async def change(session: AsyncSession, tenant: UUID, actor: Actor, changes: Mapping[str, Any]) -> Policy:
    """Changes the parts that are given; None takes a part back. Raises InvalidPolicy.

    Runs that have paused for the budget are tried again at once. Call it last: it asks for a turn.
    """
    # Not FOR UPDATE: every new row of the tenant would wait for it.
    locked = select(Tenant).where(Tenant.id == tenant).with_for_update(key_share=True)
    row = (await session.scalars(locked)).one()
    before = await read(session, tenant)
    new = before.changed(changes)
    if new == before:
        return new
    if new.switched_off != before.switched_off:
        await switch_off(session, tenant, new.switched_off)
    row.models_below, row.models_monthly_usd = new.ask_below, new.monthly_budget_usd
    row.shares_answers = new.shares_answers
    await session.flush()
    new = await read(session, tenant)
    await audit.record(
        session, tenant, actor, Action.MODELS_CHANGED, tenant, before=asdict(before), after=asdict(new)
    )
    if await endings.hasten(session, tenant, "BUDGET"):
        await request(session, Job.CONSULT, tenant, Priority.BATCH)
    return new


async def switch_off(session: AsyncSession, tenant: UUID, names: tuple[str, ...]) -> None:
    """Lets runs ask these models no more, and all others again. Raises InvalidPolicy."""
    models = (Analyzer.tenant_id == tenant, Analyzer.kind == "MODEL")
    known = set(await session.scalars(select(Analyzer.name).where(*models)))
    unknown = sorted(set(names) - known)
    if unknown:
        there = f"There are: {', '.join(sorted(known))}." if known else "This service has none."
        raise InvalidPolicy("switched_off", f"No such analyzer of kind MODEL: {', '.join(unknown)}. {there}")
    await session.execute(
        update(Analyzer)
        .where(*models, Analyzer.enabled == Analyzer.name.in_(names))
        .values(enabled=~Analyzer.enabled)
    )
