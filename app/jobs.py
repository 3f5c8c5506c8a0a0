"""Turns: a tenant's right to have some of its waiting work done, queued in the transaction that brings work.

What is to be done are rows (`run_items`, `embed_items`); a job in the queue says only that it is the turn
of a tenant. A tenant has at most one waiting or running turn a lane and kind of job, and after each turn
queues up behind everybody else: however much one tenant has to do, the others wait for a few slices of
it, and its lanes are the most of its jobs that run at once.

The queue is PgQueuer: its tables live beside ours. `app.worker` maps jobs to handlers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID

from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import driver_of
from tenancy.sql import to_json


class Job(StrEnum):
    """What a turn is for. The name is stored in the queue: rename one only together with a migration."""

    ANALYZE = "analyze"  # the next tracks of a run, by the local analyzers
    CONSULT = "consult"  # tracks of a run that language models are to be asked about
    EMBED = "embed"  # tracks without vectors


class Priority(IntEnum):
    """Higher goes first."""

    BACKGROUND = -10  # nobody misses it for now
    BATCH = 0
    INTERACTIVE = 10  # somebody may be waiting

    @classmethod
    def of(cls, urgent: bool) -> Priority:
        return cls.INTERACTIVE if urgent else cls.BATCH


@dataclass(frozen=True, slots=True)
class Turn:
    """A job that a worker has taken; `id` is the queue's."""

    id: int
    job: Job
    tenant: UUID
    lane: int


async def request(session: AsyncSession, job: Job, tenant: UUID, priority: Priority, lane: int = 0) -> None:
    """Sees to it that a turn comes after this commit. Call it last: it may wait for other transactions that
    ask for the same turn, and makes them wait.

    Where the turn is queued already, its priority is raised. Where it is running, it locks the job's row
    until the commit, and `release` waits for that: work that is committed while a turn ends is seen by it.
    """
    queries, payloads, keys = await _turns(session, job, tenant, [lane])
    await queries.enqueue(
        [job.value], payloads, [int(priority)], dedupe_key=keys, on_conflict="update_priority"
    )


async def widen(session: AsyncSession, job: Job, tenant: UUID, priority: Priority, lanes: int) -> None:
    """Turns of the first `lanes` lanes side by side, of which some are there."""
    queries, payloads, keys = await _turns(session, job, tenant, range(lanes))
    await queries.enqueue(
        [job.value] * lanes, payloads, [int(priority)] * lanes, dedupe_key=keys, on_conflict="skip"
    )


async def release(session: AsyncSession, turn: Turn) -> None:
    """Ends the turn with this transaction. Look for what is left afterwards, and `request` the next turn."""
    driver = await driver_of(session)
    await driver.execute("update pgqueuer set dedupe_key = null where id = $1", turn.id)


async def _turns(
    session: AsyncSession, job: Job, tenant: UUID, lanes: Iterable[int]
) -> tuple[Queries, list[bytes | None], list[str | None]]:
    """The queue in the session's transaction, and payload and key of each lane's turn."""
    numbers = list(lanes)
    return (
        Queries.from_asyncpg_connection(await driver_of(session)),
        [to_json({"tenant": tenant, "lane": lane}) for lane in numbers],
        [f"{job.value}:{tenant}:{lane}" for lane in numbers],
    )
