"""Work to be done after a commit, enqueued in the transaction that makes it necessary.

A job is a name and a small JSON payload that names the tenant and what to look at; the rows say the
rest. `app.worker` maps names to handlers. The queue is PgQueuer: its tables live beside ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import driver_of
from tenancy.sql import to_json


class Job(StrEnum):
    """The name of a job is stored in the queue: rename one only together with a migration."""

    ANALYZE = "analyze"  # {"tenant", "run"}: analyse the next slice of a run
    EMBED = "embed"  # {"tenant", "tracks"}: embed the passages of these tracks


class Priority(IntEnum):
    """Higher goes first."""

    BATCH = 0
    INTERACTIVE = 10


async def enqueue(
    session: AsyncSession, job: Job, tenant: UUID, payloads: Sequence[dict[str, Any]], priority: Priority
) -> None:
    """Adds one job a payload; they become visible to workers when the session's transaction commits."""
    if not payloads:
        return
    queries = Queries.from_asyncpg_connection(await driver_of(session))
    await queries.enqueue(
        [job.value] * len(payloads),
        [to_json({"tenant": tenant, **payload}) for payload in payloads],
        [int(priority)] * len(payloads),
    )
