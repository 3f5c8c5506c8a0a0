"""Tracks of a run that language models are asked about: each answer is committed as it comes.

A model may take minutes, so that no transaction waits for it: a turn marks its tracks with its lane. When
its worker is killed, the next turn of that lane goes on with them, and asks nobody who has answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import policy, stored
from app.analysis.claims import MODELS, Claimed, OpenRun, claimed, open_runs
from app.analysis.consultants import Consultants, Counsel
from app.analysis.endings import finish_drained, finish_if_done, pause
from app.analysis.keeping import Found, Report, keep, keep_profiles, unreported
from app.analysis.models import Analysis
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.results import Result, Status
from app.analysis.slices import RECHECK
from app.events.outbox import Kind, record
from app.jobs import Job, Priority, Turn, release, request, widen
from app.lyrics.text import Lyrics
from tenancy.database import Database, driver_of

SONGS = 4  # that a turn asks about
LANES = 4
MAX_ATTEMPTS = 5  # workers that were killed while they asked about one track

# What this lane had begun comes first. Lanes beyond the last one are those of a build that had more.
TAKE = f"""
    update run_items i set lane = $3, attempts = attempts + 1
    from (select track_id from run_items
      where tenant_id = $1 and run_id = $2 and stage = 1 and (lane is null or lane = $3 or lane >= {LANES})
      order by lane = $3 desc nulls last, attempts, track_id limit {SONGS} for update skip locked) next
    join tracks t on t.tenant_id = $1 and t.id = next.track_id
    join lyrics l on l.tenant_id = $1 and l.track_id = next.track_id
    where i.tenant_id = $1 and i.run_id = $2 and i.track_id = next.track_id
    returning i.track_id, i.attempts, t.title, t.language, l.text"""
PUT_BACK = """
    update run_items set lane = null, attempts = attempts - 1
    where tenant_id = $1 and run_id = $2 and track_id = $3"""
SPENT = "update runs set cost_usd = cost_usd + $3 where tenant_id = $1 and id = $2"
DONE = "delete from run_items where tenant_id = $1 and run_id = $2 and track_id = $3 returning track_id"
COUNT = """
    update runs set completed = runs.completed + (not said.bad)::int, failed = runs.failed + said.bad::int,
      cached = runs.cached + said.reused::int, served_at = clock_timestamp(),
      status = case when finished_at is null and coalesce(paused_until, '-infinity') <= now()
        then 'RUNNING' else status end,
      paused_for = case when paused_until > now() then paused_for end,
      paused_until = case when paused_until > now() then paused_until end
    from (select coalesce(bool_or(status = 'FAILED'), false) as bad,
        coalesce(bool_and(cached) filter (where model is not null), false) as reused
      from analyses where tenant_id = $1 and run_id = $2 and track_id = $3) said
    where tenant_id = $1 and id = $2
    returning total - runs.completed - runs.failed as left"""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Some songs of one run before the tenant's models."""

    database: Database
    run: OpenRun
    counsel: Counsel
    report: Report = unreported

    async def judge(self, song: Claimed, lyrics: Lyrics) -> bool:
        """Asks about one song to the end; False where there is no money for what was named."""
        async with self.database.transaction(self.run.tenant) as session:
            known = await results(session, self.run, song.track)
        so_far = dict(known.results)

        async def keep_one(name: str, result: Result, milliseconds: int) -> None:
            so_far[name] = result
            await self._keep(song, so_far, name, milliseconds)

        if song.attempts > MAX_ATTEMPTS:
            for name in sorted(set(self.run.analyzers) - set(so_far)):
                await keep_one(name, given_up(), 0)
        elif not await self.counsel.hear(lyrics, self.run.analyzers, known, keep_one):
            async with self.database.transaction(self.run.tenant) as session:
                driver = await driver_of(session)
                await driver.execute(PUT_BACK, self.run.tenant, self.run.id, song.track)
            return False
        async with self.database.transaction(self.run.tenant) as session:
            await settle(session, self.run, song.track)
        return True

    async def _keep(self, song: Claimed, so_far: Mapping[str, Result], name: str, milliseconds: int) -> None:
        """Commits one result, what it cost, and the profile that all results together make."""
        found = Found(song.track, song.text.lyrics, {name: so_far[name]}, {name: milliseconds})
        use = so_far[name].use
        async with self.database.transaction(self.run.tenant) as session:
            await keep(session, self.run.tenant, self.run.id, [found])
            await keep_profiles(session, self.run.tenant, [replace(found, results=so_far)])
            if use is not None and use.cost_usd:
                driver = await driver_of(session)
                await driver.execute(SPENT, self.run.tenant, self.run.id, use.cost_usd)
        self.report([found])


async def consult(
    database: Database, turn: Turn, consultants: Consultants, report: Report = unreported
) -> None:
    """Asks the models about the tenant's next songs, and asks for its next turn, if any are left."""
    run, songs = None, list[Claimed]()
    async with database.transaction(turn.tenant) as session:
        for run in await open_runs(session, turn.tenant, MODELS):
            rows = await (await driver_of(session)).fetch(TAKE, turn.tenant, run.id, turn.lane)
            songs = [claimed(row) for row in rows]
            if songs:
                break
    if run is not None and songs:
        counsel = await consultants.of(turn.tenant)
        sitting = Sitting(database, run, counsel, report)
        lyrics = await consultants.parse([song.text for song in songs])
        # To the end, whatever becomes of one: an answer that is under way is paid for.
        ended = await asyncio.gather(*map(sitting.judge, songs, lyrics), return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error
        if not all(ended):
            async with database.transaction(turn.tenant) as session:
                # A change has paused runs tried again: what was decided before it must not undo that.
                if await policy.read(session, turn.tenant, hold=True) == counsel.decided:
                    await pause(session, turn.tenant, run.id, datetime.now(UTC) + RECHECK, "BUDGET")
    async with database.transaction(turn.tenant) as session:
        await hand_on(session, turn)


async def hand_on(session: AsyncSession, turn: Turn) -> None:
    await release(session, turn)
    runs = await open_runs(session, turn.tenant, MODELS)
    waiting = await waits(session, turn, [run.id for run in runs])
    if not waiting:
        await finish_drained(session, turn.tenant)
        return
    urgent = any(run.urgent for run in runs)
    await request(session, Job.CONSULT, turn.tenant, Priority.of(urgent), turn.lane)
    if turn.lane == 0 and waiting > SONGS:
        lanes = min(LANES, -(-waiting // SONGS))
        await widen(session, Job.CONSULT, turn.tenant, Priority.of(urgent), lanes)


async def waits(session: AsyncSession, turn: Turn, runs: Sequence[UUID]) -> int:
    """How many songs this lane could ask about now, as far as lanes go."""
    found: int = await (await driver_of(session)).fetchval(
        "select count(*) from (select from run_items where tenant_id = $1 and run_id = any($2) and stage = 1"
        f" and (lane is null or lane = $3 or lane >= {LANES}) limit {LANES * SONGS}) next",
        turn.tenant,
        list(runs),
        turn.lane,
    )
    return found


async def results(session: AsyncSession, run: OpenRun, track: UUID) -> TrackAnalysis:
    """What the run's analyzers have said of the track so far."""
    rows = await session.scalars(
        select(Analysis).where(
            Analysis.tenant_id == run.tenant, Analysis.run_id == run.id, Analysis.track_id == track
        )
    )
    known = {row.analyzer: row for row in rows}
    return TrackAnalysis(
        {name: stored.result(row) for name, row in known.items()},
        {name: row.duration_ms for name, row in known.items()},
        None,
    )


def given_up() -> Result:
    return Result(
        Status.FAILED, error=f"Workers were killed {MAX_ATTEMPTS} times while they asked; it was given up."
    )


async def settle(session: AsyncSession, run: OpenRun, track: UUID) -> None:
    """Counts a song that all have been asked about, and ends the run with its last."""
    driver = await driver_of(session)
    if await driver.fetchval(DONE, run.tenant, run.id, track) is None:
        return  # the run was cancelled, or somebody has counted it before
    row = await driver.fetchrow(COUNT, run.tenant, run.id, track)
    if row["left"] > 0 or not await finish_if_done(session, run.tenant, run.id):
        await record(session, run.tenant, [(Kind.RUN_PROGRESSED, {"run": run.id})])
