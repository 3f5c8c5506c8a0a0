"""Runs: a request to analyse some tracks, how it is filled, and how it is asked for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import registry
from app.analysis.endings import RunNotFound, finish_if_done
from app.analysis.models import Analysis, Analyzer, Run, RunItem
from app.analysis.results import Status
from app.catalog.models import Track
from app.jobs import Job, Priority, request

POINTS = 5  # of the tenant's quota, for each track
INTERACTIVE_TRACKS = 20  # a run of no more goes before batches: somebody may be waiting
FILLING = timedelta(minutes=1)  # after which a run that nobody fills any more may end


class AnalyzerUnavailable(ValueError):
    """An analyzer that the tenant does not have, or has switched off; `names` lists them."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(f"No such analyzer: {', '.join(names)}. There are: {', '.join(known)}.")
        self.names = tuple(names)


class NothingFailed(ValueError):
    """No track of this run has failed, or those that had are deleted: there is nothing to try again."""


async def start(
    session: AsyncSession,
    tenant: UUID,
    tracks: Select[UUID] | Sequence[UUID],
    analyzers: Sequence[str] = (),
    *,
    charged_to: UUID | None = None,
) -> UUID:
    """Queues the tracks (ids, or a query that selects them) for the analyzers, all local ones if none
    is named, and answers with the run's id. Raises AnalyzerUnavailable.

    Each track costs `charged_to`, a key or a member, POINTS when its turn comes; operators pay nothing.
    """
    names = await chosen(session, tenant, analyzers)
    return await _start(session, tenant, tracks, names, charged_to)


async def begin(
    session: AsyncSession, tenant: UUID, analyzers: Sequence[str] = (), *, charged_to: UUID | None = None
) -> UUID:
    """A run that tracks are added to while it is under way: `fill` it, at least every FILLING, and `seal` it.

    One that is not sealed ends by itself once it was not filled for FILLING. Raises AnalyzerUnavailable.
    """
    names = await chosen(session, tenant, analyzers)
    values = {"filling_until": func.now() + FILLING, "charged_to": charged_to}
    return await _insert(session, tenant, names, values)


async def fill(session: AsyncSession, tenant: UUID, run: UUID, tracks: Sequence[UUID]) -> bool:
    """Adds tracks to a run that was begun; without any, keeps it from ending by itself.

    False for one that has ended, as when it was cancelled: nothing is added then.
    """
    filled = await session.scalar(
        update(Run)
        .where(Run.tenant_id == tenant, Run.id == run, Run.finished_at.is_(None))
        .values(total=Run.total + len(tracks), filling_until=func.now() + FILLING)
        .returning(Run.id)
    )
    if filled is not None and tracks:
        await _add(session, tenant, run, _ids(tenant, tracks))
        await request(session, Job.ANALYZE, tenant, Priority.BATCH)
    return filled is not None


async def seal(session: AsyncSession, tenant: UUID, run: UUID) -> None:
    """Nothing more is added to the run: it ends when its tracks are done."""
    await session.execute(
        update(Run).where(Run.tenant_id == tenant, Run.id == run).values(filling_until=None)
    )
    await finish_if_done(session, tenant, run)


async def retry_failed(
    session: AsyncSession, tenant: UUID, run: UUID, *, charged_to: UUID | None = None
) -> UUID:
    """A new run of the tracks on which some analyzer of `run` has failed, by the analyzers that did.

    While such a run is under way, asking again answers with it. Raises RunNotFound or NothingFailed.
    """
    known = await session.scalar(
        # Locked: of two who ask at once, the second one finds the first one's run.
        select(Run.id).where(Run.tenant_id == tenant, Run.id == run).with_for_update()
    )
    if known is None:
        raise RunNotFound(RunNotFound.__doc__)
    under_way = await session.scalar(
        select(Run.id).where(Run.tenant_id == tenant, Run.retry_of == run, Run.finished_at.is_(None)).limit(1)
    )
    if under_way is not None:
        return under_way
    failed = select(Analysis.track_id, Analysis.analyzer).where(
        Analysis.tenant_id == tenant, Analysis.run_id == run, Analysis.status == Status.FAILED.value
    )
    rows = (await session.execute(failed)).all()
    if not rows:
        raise NothingFailed(NothingFailed.__doc__)
    names = await chosen(session, tenant, sorted({row.analyzer for row in rows}))
    tracks = sorted({row.track_id for row in rows})
    return await _start(session, tenant, tracks, names, charged_to, retry_of=run)


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


async def _start(
    session: AsyncSession,
    tenant: UUID,
    tracks: Select[UUID] | Sequence[UUID],
    names: Sequence[str],
    charged_to: UUID | None,
    retry_of: UUID | None = None,
) -> UUID:
    run = await _insert(session, tenant, names, {"charged_to": charged_to, "retry_of": retry_of})
    wanted = tracks if isinstance(tracks, Select) else _ids(tenant, tracks)
    total = await _add(session, tenant, run, wanted)
    urgent = 0 < total <= INTERACTIVE_TRACKS
    await session.execute(
        update(Run).where(Run.tenant_id == tenant, Run.id == run).values(total=total, urgent=urgent)
    )
    if total:
        await request(session, Job.ANALYZE, tenant, Priority.of(urgent))
    else:
        await finish_if_done(session, tenant, run)
    return run


def _ids(tenant: UUID, tracks: Sequence[UUID]) -> Select[UUID]:
    return select(Track.id).where(Track.tenant_id == tenant, Track.id.in_(tracks))


async def _insert(
    session: AsyncSession, tenant: UUID, names: Sequence[str], values: Mapping[str, object]
) -> UUID:
    whole = {"tenant_id": tenant, "analyzers": names, "total": 0, **values}
    new: UUID = (await session.execute(insert(Run).values(whole).returning(Run.id))).scalar_one()
    return new


async def _add(session: AsyncSession, tenant: UUID, run: UUID, tracks: Select[UUID]) -> int:
    chosen_tracks = tracks.subquery()
    items = select(literal(tenant), literal(run), chosen_tracks.c.id)
    queued = await session.execute(insert(RunItem).from_select(["tenant_id", "run_id", "track_id"], items))
    return int(queued.rowcount)  # type: ignore[attr-defined]  # an INSERT gives a CursorResult
