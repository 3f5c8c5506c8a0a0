"""A slice of a run: some tracks are claimed, analysed and committed together with what follows from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis.agents.cascade import local
from app.analysis.batch import Text
from app.analysis.charging import Charges, Receipt
from app.analysis.claims import Slice, ahead, claim
from app.analysis.consultants import Concerns
from app.analysis.endings import finish_drained, finish_if_done, pause
from app.analysis.keeping import Found, Report, keep, keep_profiles, unreported
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.profile import Profile
from app.analysis.results import Result, Status
from app.events.outbox import Kind, record
from app.jobs import Job, Priority, Turn, release, request, widen
from app.processes import WorkLost
from tenancy.database import Database, driver_of

SLICE = 32  # tracks that a turn analyses: less than a second
LANES = 8  # turns of one tenant that run at once, in all workers together
MAX_ATTEMPTS = 3
RECHECK = timedelta(minutes=10)  # a run that pauses is tried again then: a plan may have changed

Analyze = Callable[[Sequence[Text], Sequence[str]], Awaitable[list[tuple[str | None, TrackAnalysis]]]]

# What is done is counted, and the run locked to the end of the transaction: of lanes that end together, the
# last one sees that all is done. It may have been cancelled meanwhile: what was done counts, it stays ended.
COUNT = """
    update runs set completed = completed + $3, failed = failed + $4, served_at = clock_timestamp(),
      status = case when finished_at is null and coalesce(paused_until, '-infinity') <= now()
        then 'RUNNING' else status end,
      paused_for = case when paused_until > now() then paused_for end,
      paused_until = case when paused_until > now() then paused_until end
    where tenant_id = $1 and id = $2
    returning finished_at is not null as ended, total - completed - failed as left"""
DONE = "delete from run_items where tenant_id = $1 and run_id = $2 and track_id = any($3)"
PASSED_ON = "update run_items set stage = 1 where tenant_id = $1 and run_id = $2 and track_id = any($3)"
LOST = """
    update run_items set attempts = attempts + 1
    where tenant_id = $1 and run_id = $2 and track_id = any($3)"""


async def nobody(session: AsyncSession, tenant: UUID) -> Concerns:
    """There are no language models that a track could concern."""
    return lambda names, analysis: False


@dataclass(frozen=True, slots=True)
class Analysts:
    """What a worker analyses with."""

    analyze: Analyze
    charges: Charges = field(default_factory=Charges)
    concerns: Callable[[AsyncSession, UUID], Awaitable[Concerns]] = nobody
    slice: int = SLICE
    lanes: int = LANES
    report: Report = unreported


async def advance(database: Database, turn: Turn, analysts: Analysts) -> None:
    """Analyses the tenant's next slice and asks for its next turn, if anything is left.

    Whatever dies in between rolls all of it back, and the slice is claimed anew.
    """
    slice_, receipt, left, found = None, Receipt(0), 0, list[Found]()
    try:
        async with database.transaction(turn.tenant) as session:
            slice_ = await claim(session, turn.tenant, analysts.slice)
            if slice_ is not None:
                receipt = await analysts.charges.take(slice_.run, len(slice_.items))
                paid = replace(slice_, items=slice_.items[: receipt.tracks])
                if receipt.tracks:
                    left, found = await work(session, turn.tenant, paid, analysts)
                if receipt.shortage is not None:
                    wait = min(RECHECK, timedelta(seconds=receipt.shortage.retry_after_seconds))
                    await pause(session, turn.tenant, slice_.run.id, datetime.now(UTC) + wait, "QUOTA")
            await hand_on(session, turn, -(-left // analysts.slice), analysts.lanes)
        analysts.report(found)
    except BaseException as error:
        receipt.give_back()
        if not isinstance(error, WorkLost) or slice_ is None:
            raise
        async with database.transaction(turn.tenant) as session:
            lost = slice_.tracks[: receipt.tracks]
            await (await driver_of(session)).execute(LOST, turn.tenant, slice_.run.id, lost)
            await hand_on(session, turn)


async def hand_on(session: AsyncSession, turn: Turn, slices: int = 1, lanes: int = 1) -> None:
    """Ends the turn and asks for the next one of its lane; the first lane sees to the others."""
    await release(session, turn)
    left = await ahead(session, turn.tenant)
    if left is None:
        await finish_drained(session, turn.tenant)
        return
    priority, wide = Priority.of(left.urgent), min(max(slices, left.runs), lanes)
    await request(session, Job.ANALYZE, turn.tenant, priority, turn.lane)
    if turn.lane == 0 and wide > 1:
        await widen(session, Job.ANALYZE, turn.tenant, priority, wide)


async def work(
    session: AsyncSession, tenant: UUID, slice_: Slice, analysts: Analysts
) -> tuple[int, list[Found]]:
    """Analyses and commits with the session: how many tracks of the run are left, and what was found."""
    names = slice_.run.analyzers
    given_up = slice_.items[0].attempts >= MAX_ATTEMPTS
    results = [gone(names) for _ in slice_.items] if given_up else await analysed(slice_, analysts.analyze)
    found = [
        Found(item.track, item.text.lyrics, analysis.results, analysis.durations_ms)
        for item, analysis in zip(slice_.items, results, strict=True)
    ]
    await keep(session, tenant, slice_.run.id, found)
    await keep_profiles(session, tenant, found)
    concerns = await analysts.concerns(session, tenant)
    unsure = [
        item.track
        for item, analysis in zip(slice_.items, results, strict=True)
        if not given_up and concerns(names, analysis)
    ]
    failed = sum(
        any(result.status is Status.FAILED for result in each.results.values())
        for each in found
        if each.track not in unsure
    )
    return await settle(session, tenant, slice_, unsure, failed), found


async def analysed(slice_: Slice, analyze: Analyze) -> list[TrackAnalysis]:
    texts = [item.text for item in slice_.items]
    return [analysis for _, analysis in await analyze(texts, local(slice_.run.analyzers))]


def gone(names: Sequence[str]) -> TrackAnalysis:
    """A failure by every analyzer."""
    result = Result(Status.FAILED, error=f"It stopped the analyzers {MAX_ATTEMPTS} times and was given up.")
    results = dict.fromkeys(names, result)
    return TrackAnalysis(results, dict.fromkeys(names, 0), Profile.of(results))


async def settle(
    session: AsyncSession, tenant: UUID, slice_: Slice, unsure: Sequence[UUID], failed: int
) -> int:
    """Counts what was done, passes the others on to the language models, and ends the run with its last."""
    driver = await driver_of(session)
    run, done = slice_.run, [track for track in slice_.tracks if track not in unsure]
    row = await driver.fetchrow(COUNT, tenant, run.id, len(done) - failed, failed)
    await driver.execute(DONE, tenant, run.id, done)
    if row["ended"]:
        await driver.execute(DONE, tenant, run.id, unsure)
        return 0
    if unsure:
        await driver.execute(PASSED_ON, tenant, run.id, unsure)
        await request(session, Job.CONSULT, tenant, Priority.of(run.urgent))
    if row["left"] > 0 or not await finish_if_done(session, tenant, run.id):
        await record(session, tenant, [(Kind.RUN_PROGRESSED, {"run": run.id})])
    return int(row["left"])
