"""How a run pauses, goes on and ends: every change once, with its event, inside a caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, case, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis.models import Run, RunItem
from app.events.outbox import Kind, record

Shortage = Literal["QUOTA", "BUDGET"]


class RunEnded(ValueError):
    """The run has ended: there is nothing left to cancel."""


class RunNotFound(LookupError):
    """There is no such run."""


async def cancel(session: AsyncSession, tenant: UUID, run: UUID) -> None:
    """Drops what is still waiting; results that are there stay. Raises RunNotFound or RunEnded."""
    row = (
        await session.execute(
            select(Run.finished_at).where(Run.tenant_id == tenant, Run.id == run).with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise RunNotFound(RunNotFound.__doc__)
    if row.finished_at is not None:
        raise RunEnded(RunEnded.__doc__)
    await _finish(session, tenant, run, "CANCELLED")
    waiting = (
        select(RunItem.track_id)
        .where(RunItem.tenant_id == tenant, RunItem.run_id == run)
        # SKIP LOCKED: workers hold theirs first and the run after; waiting for them would be a deadlock.
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(RunItem).where(
            RunItem.tenant_id == tenant, RunItem.run_id == run, RunItem.track_id.in_(waiting)
        )
    )


async def pause(session: AsyncSession, tenant: UUID, run: UUID, until: datetime, shortage: Shortage) -> None:
    """Leaves a run that has not ended alone until then: what it needs is used up."""
    before = await session.scalar(
        select(Run.status).where(Run.tenant_id == tenant, Run.id == run).with_for_update()
    )
    paused = await session.scalar(
        update(Run)
        .where(Run.tenant_id == tenant, Run.id == run, Run.finished_at.is_(None))
        .values(status="PAUSED", paused_until=until, paused_for=shortage)
        .returning(Run.id)
    )
    if paused is not None and before != "PAUSED":
        await record(session, tenant, [(Kind.RUN_PROGRESSED, {"run": run})])


async def hasten(session: AsyncSession, tenant: UUID, shortage: Shortage) -> bool:
    """Has runs that pause for this tried again as soon as it is the tenant's turn; whether there are any."""
    hastened = await session.scalars(
        update(Run)
        .where(
            Run.tenant_id == tenant,
            Run.finished_at.is_(None),
            Run.paused_for == shortage,
            Run.paused_until > func.now(),
        )
        .values(paused_until=func.now())
        .returning(Run.id)
    )
    return bool(hastened.all())


async def finish_if_done(session: AsyncSession, tenant: UUID, run: UUID) -> bool:
    """Ends a run of which no track is left and to which none is added any more; whether it did.

    For the end of a transaction that has locked the run's row: of those that end together, the last one
    sees that all is done.
    """
    left = exists().where(RunItem.tenant_id == tenant, RunItem.run_id == run)
    sealed = or_(Run.filling_until.is_(None), Run.filling_until < func.now())
    done = await session.scalar(
        select(Run.id).where(Run.tenant_id == tenant, Run.id == run, sealed, ~left).with_for_update()
    )
    return done is not None and await _finish(session, tenant, run)


async def finish_drained(session: AsyncSession, tenant: UUID) -> None:
    """Ends the open runs whose last tracks were deleted, or that nobody has sealed."""
    items = exists().where(RunItem.tenant_id == tenant, RunItem.run_id == Run.id)
    drained = select(Run.id).where(Run.tenant_id == tenant, Run.finished_at.is_(None), ~items)
    for run in await session.scalars(drained.order_by(Run.id).with_for_update(skip_locked=True)):
        await finish_if_done(session, tenant, run)


async def _finish(session: AsyncSession, tenant: UUID, run: UUID, status: str | None = None) -> bool:
    """Unless told otherwise as COMPLETED, or as FAILED where every one of its tracks failed."""
    all_failed = and_(Run.total > 0, Run.failed >= Run.total)
    ended = case((all_failed, "FAILED"), else_="COMPLETED") if status is None else literal(status)
    # Tracks that were deleted meanwhile are no part of it any more; a cancelled run shows what it left.
    total = Run.total if status == "CANCELLED" else Run.completed + Run.failed
    finished = await session.scalar(
        update(Run)
        .where(Run.tenant_id == tenant, Run.id == run, Run.finished_at.is_(None))
        .values(
            status=ended,
            total=total,
            finished_at=func.now(),
            filling_until=None,
            paused_until=None,
            paused_for=None,
        )
        .returning(Run.id)
    )
    if finished is None:
        return False  # somebody was here before: a run ends once
    await record(session, tenant, [(Kind.RUN_FINISHED, {"run": run})])
    return True
