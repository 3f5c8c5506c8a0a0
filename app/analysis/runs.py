"""Runs: a request to analyse some tracks, from its start to its end, inside a caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, case, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import registry
from app.analysis.models import Analyzer, Run, RunItem
from app.catalog.models import Track
from app.events.outbox import Kind, record
from app.jobs import Job, Priority, enqueue

LANES = 4  # jobs that work on one run at a time, at most
SLICE = 16  # tracks that a job analyses between two commits
INTERACTIVE_TRACKS = 20  # a run of no more goes before batches: somebody may be waiting


class AnalyzerUnavailable(ValueError):
    """An analyzer that the tenant does not have, or has switched off; `names` lists them."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(f"No such analyzer: {', '.join(names)}. There are: {', '.join(known)}.")
        self.names = tuple(names)


class RunNotFound(LookupError):
    """There is no such run."""


class RunEnded(ValueError):
    """The run has ended: there is nothing left to cancel."""


async def start(
    session: AsyncSession,
    tenant: UUID,
    tracks: Select[tuple[UUID]] | Sequence[UUID],
    analyzers: Sequence[str] = (),
) -> UUID:
    """Queues the tracks (ids, or a query that selects them) for the analyzers, all local ones if none
    is named, and answers with the run's id. Raises AnalyzerUnavailable.
    """
    names = await chosen(session, tenant, analyzers)
    run = Run(tenant_id=tenant, analyzers=names, total=0)
    session.add(run)
    await session.flush()
    chosen_tracks = (
        tracks
        if isinstance(tracks, Select)
        else select(Track.id).where(Track.tenant_id == tenant, Track.id.in_(tracks))
    ).subquery()
    items = select(literal(tenant), literal(run.id), chosen_tracks.c.id)
    queued = await session.execute(insert(RunItem).from_select(["tenant_id", "run_id", "track_id"], items))
    total: int = queued.rowcount  # type: ignore[attr-defined]  # an INSERT gives a CursorResult
    run.total = total
    if total == 0:
        await finish(session, tenant, run.id)
        return run.id
    await session.flush()
    lanes = min(LANES, -(-total // SLICE))
    priority = Priority.INTERACTIVE if total <= INTERACTIVE_TRACKS else Priority.BATCH
    await enqueue(session, Job.ANALYZE, tenant, [{"run": run.id}] * lanes, priority)
    return run.id


async def chosen(session: AsyncSession, tenant: UUID, names: Sequence[str]) -> list[str]:
    """The analyzers asked for, in their usual order; every enabled local one when none is named.

    Language models need no naming to be asked where local ones are unsure: the worker sees to that.
    """
    await registry.sync(session, tenant)  # a build may have brought new ones since the tenant began
    query = select(Analyzer.name, Analyzer.kind).where(
        Analyzer.tenant_id == tenant,
        Analyzer.enabled,
        Analyzer.offered,
        Analyzer.kind.in_(("LOCAL", "MODEL")),
    )
    kinds = {row.name: row.kind for row in await session.execute(query.order_by(Analyzer.name))}
    unknown = [name for name in names if name not in kinds]
    if unknown:
        raise AnalyzerUnavailable(unknown, list(kinds))
    return [name for name, kind in kinds.items() if name in names or (not names and kind == "LOCAL")]


async def cancel(session: AsyncSession, tenant: UUID, run: UUID) -> None:
    """Drops what is still waiting; results that are there stay. Raises RunNotFound or RunEnded."""
    status = await session.scalar(
        select(Run.status).where(Run.tenant_id == tenant, Run.id == run).with_for_update()
    )
    if status is None:
        raise RunNotFound
    if status not in ("QUEUED", "RUNNING"):
        raise RunEnded(RunEnded.__doc__)
    await finish(session, tenant, run, "CANCELLED")
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


async def finish(session: AsyncSession, tenant: UUID, run: UUID, status: str | None = None) -> None:
    """Ends a run, unless told otherwise as COMPLETED, or as FAILED where every one of its tracks failed."""
    all_failed = and_(Run.total > 0, Run.failed >= Run.total)
    ended = case((all_failed, "FAILED"), else_="COMPLETED") if status is None else literal(status)
    # Tracks that were deleted meanwhile are no part of it any more; a cancelled run shows what it left.
    total = Run.total if status == "CANCELLED" else Run.completed + Run.failed
    finished = await session.execute(
        update(Run)
        .where(Run.tenant_id == tenant, Run.id == run, Run.finished_at.is_(None))
        .values(status=ended, total=total, finished_at=func.now())
        .returning(Run.id)
    )
    if finished.scalar_one_or_none() is None:
        return  # another lane was here before: a run ends once
    await record(session, tenant, [(Kind.RUN_FINISHED, {"run": run})])
