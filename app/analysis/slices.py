"""A slice of a run: some tracks are claimed, analysed and committed together with what follows from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import runs, stored
from app.analysis.agents.cascade import local
from app.analysis.batch import Text
from app.analysis.consultants import Consultants
from app.analysis.models import Analysis, Analyzer, Run, RunItem
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.profile import Profile
from app.analysis.results import Result, Status
from app.catalog.models import Lyrics, Track
from app.events.outbox import Kind, record
from app.jobs import Job, Priority, enqueue
from app.processes import WorkLost
from tenancy.database import Database

MAX_ATTEMPTS = 3

Analyze = Callable[[Sequence[Text], Sequence[str]], Awaitable[list[tuple[str | None, TrackAnalysis]]]]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A track of the run, locked until the transaction ends."""

    track: UUID
    text: Text
    attempts: int


async def advance(
    database: Database,
    tenant: UUID,
    run: UUID,
    analyze: Analyze,
    consultants: Consultants | None = None,
) -> None:
    """Analyses the next slice of a run and enqueues the one after it, or finishes the run.

    Whatever dies in between rolls all of it back, and the slice is claimed anew.
    """
    claimed: list[Claimed] = []
    try:
        if consultants is not None:
            await consultants.meet(tenant)
        async with database.transaction(tenant) as session:
            row = await session.get(Run, (tenant, run))
            if row is None or row.finished_at is not None:
                return
            claimed += await claim(session, tenant, run)
            results = await analyze_claimed(claimed, row.analyzers, analyze)
            if consultants is not None and not is_given_up(claimed):
                texts = [item.text for item in claimed]
                results = await consultants.judge(session, tenant, row.analyzers, texts, results)
            await keep(session, tenant, run, claimed, results)
            await settle(session, tenant, run, claimed, results)
    except WorkLost:
        await remember_failure(database, tenant, run, [item.track for item in claimed])
        raise


async def claim(session: AsyncSession, tenant: UUID, run: UUID) -> list[Claimed]:
    """Up to a slice of tracks that no other worker holds; one that failed before comes alone."""
    rows = await session.execute(
        select(RunItem.track_id, RunItem.attempts, Track.title, Track.language, Lyrics.text)
        .join(Track, (Track.tenant_id == RunItem.tenant_id) & (Track.id == RunItem.track_id))
        .join(Lyrics, (Lyrics.tenant_id == Track.tenant_id) & (Lyrics.track_id == Track.id))
        .where(RunItem.tenant_id == tenant, RunItem.run_id == run)
        .order_by(RunItem.attempts, RunItem.track_id)
        .limit(runs.SLICE)
        # SKIP LOCKED: the other lanes of this run hold theirs.
        .with_for_update(of=RunItem, skip_locked=True)
    )
    claimed = [Claimed(r.track_id, Text(r.text, r.title, r.language), r.attempts) for r in rows]
    fresh = [item for item in claimed if item.attempts == 0]
    return fresh or claimed[:1]


async def analyze_claimed(
    claimed: Sequence[Claimed], names: Sequence[str], analyze: Analyze
) -> list[TrackAnalysis]:
    """Results in order; a track that was given up gets a failure by every analyzer."""
    if not claimed:
        return []
    if is_given_up(claimed):
        gone = Result(Status.FAILED, error=f"It stopped the analyzers {MAX_ATTEMPTS} times and was given up.")
        results = dict.fromkeys(names, gone)
        return [TrackAnalysis(results, dict.fromkeys(names, 0), Profile.of(results)) for _ in claimed]
    return [analysis for _, analysis in await analyze([item.text for item in claimed], local(names))]


def is_given_up(claimed: Sequence[Claimed]) -> bool:
    return bool(claimed) and claimed[0].attempts >= MAX_ATTEMPTS


async def remember_failure(database: Database, tenant: UUID, run: UUID, tracks: Sequence[UUID]) -> None:
    """Counts an attempt whose transaction was lost together with the process that analysed."""
    async with database.transaction(tenant) as session:
        await session.execute(
            update(RunItem)
            .where(RunItem.tenant_id == tenant, RunItem.run_id == run, RunItem.track_id.in_(tracks))
            .values(attempts=RunItem.attempts + 1)
        )


async def keep(
    session: AsyncSession,
    tenant: UUID,
    run: UUID,
    claimed: Sequence[Claimed],
    results: Sequence[TrackAnalysis],
) -> None:
    """Stores analyses and profiles, and records an event for each analysis."""
    if not claimed:
        return
    query = select(Analyzer.name, Analyzer.version).where(Analyzer.tenant_id == tenant)
    versions = {row.name: row.version for row in await session.execute(query)}
    rows = [
        {
            "tenant_id": tenant,
            "track_id": item.track,
            "run_id": run,
            "analyzer": name,
            "analyzer_version": versions[name],
            "duration_ms": analysis.durations_ms[name],
            **stored.provenance(result, item.text.lyrics),
            **stored.parts(result),
        }
        for item, analysis in zip(claimed, results, strict=True)
        for name, result in analysis.results.items()
    ]
    inserted = await session.execute(
        insert(Analysis).returning(
            Analysis.id, Analysis.track_id, Analysis.analyzer, sort_by_parameter_order=True
        ),
        rows,
    )
    events: list[tuple[Kind, dict[str, Any]]] = []
    for new, row in zip(inserted.all(), rows, strict=True):
        about = {"track": new.track_id, "run": run, "analysis": new.id}
        if row["status"] == Status.FAILED:
            failure = about | {"analyzer": new.analyzer, "reason": row["error"]}
            events.append((Kind.ANALYSIS_FAILED, failure))
        else:
            events.append((Kind.ANALYSIS_COMPLETED, about))
    await record(session, tenant, events)
    older = await newest_of_others(session, tenant, claimed, results)
    profiles = [
        {
            "of": item.track,
            "profile": stored.profile(Profile.of(older.get(item.track, {}) | analysis.results)),
        }
        for item, analysis in zip(claimed, results, strict=True)
    ]
    table = Track.__table__
    await session.execute(
        update(Track.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
        .where(table.c.tenant_id == tenant, table.c.id == bindparam("of"))
        # SQL's null, not JSON's, for a track of which nothing is known.
        .values(profile=bindparam("profile", type_=JSONB(none_as_null=True)), updated_at=func.now()),
        profiles,
    )


async def newest_of_others(
    session: AsyncSession, tenant: UUID, claimed: Sequence[Claimed], results: Sequence[TrackAnalysis]
) -> dict[UUID, dict[str, Result]]:
    """What analyzers outside this run had completed before, by track, so that profiles stay whole."""
    ran = {name for analysis in results for name in analysis.results}
    rows = await session.scalars(
        select(Analysis)
        .ext(distinct_on(Analysis.track_id, Analysis.analyzer))
        .where(
            Analysis.tenant_id == tenant,
            Analysis.track_id.in_([item.track for item in claimed]),
            Analysis.analyzer.not_in(ran),
            Analysis.status == Status.COMPLETED.value,
        )
        .order_by(Analysis.track_id, Analysis.analyzer, Analysis.created_at.desc())
    )
    found: dict[UUID, dict[str, Result]] = {}
    for row in rows:
        found.setdefault(row.track_id, {})[row.analyzer] = stored.result(row)
    return found


async def settle(
    session: AsyncSession,
    tenant: UUID,
    run: UUID,
    claimed: Sequence[Claimed],
    results: Sequence[TrackAnalysis],
) -> None:
    """Counts what was done, and finishes the run or enqueues its next slice."""
    failed = sum(any(r.status is Status.FAILED for r in analysis.results.values()) for analysis in results)
    uses = [[r.use for r in analysis.results.values() if r.use is not None] for analysis in results]
    # Locked from here to the commit: of lanes that end together, the last one sees that all is done.
    ended = await session.scalar(
        update(Run)
        .where(Run.tenant_id == tenant, Run.id == run)
        .values(
            # It may have been cancelled while we worked: what was done counts, and it stays ended.
            status=case((Run.finished_at.is_(None), "RUNNING"), else_=Run.status),
            completed=Run.completed + len(claimed) - failed,
            failed=Run.failed + failed,
            # Those of whose models every answer was there already.
            cached=Run.cached + sum(bool(of) and all(use.cached for use in of) for of in uses),
            cost_usd=Run.cost_usd + sum(use.cost_usd for of in uses for use in of),
        )
        .returning(Run.finished_at)
    )
    done = [item.track for item in claimed]
    await session.execute(
        delete(RunItem).where(RunItem.tenant_id == tenant, RunItem.run_id == run, RunItem.track_id.in_(done))
    )
    if ended is not None:
        return
    left = await session.scalar(
        select(func.count()).select_from(RunItem).where(RunItem.tenant_id == tenant, RunItem.run_id == run)
    )
    if left == 0:
        await runs.finish(session, tenant, run)
    elif claimed:
        await record(session, tenant, [(Kind.RUN_PROGRESSED, {"run": run})])
        await enqueue(session, Job.ANALYZE, tenant, [{"run": run}], Priority.BATCH)
