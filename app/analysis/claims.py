"""Which tracks of which run come next: locked for the one who takes them, until its transaction ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis.batch import Text
from tenancy.database import driver_of

LOCAL, MODELS = 0, 1  # stages of a run's item
OTHERS = 16  # runs that are looked at: all tracks of some may be in the hands of other lanes

# The tenant's open runs in turn, urgent ones first, along ix_runs_open; which of them have tracks at this
# stage, ix_run_items_next knows. A run that waits for its models' budget goes on with the local analyzers.
OPEN = """
    select r.id, r.analyzers, r.urgent, r.charged_to, t.plan
    from runs r join tenants t on t.id = r.tenant_id and t.status = 'ACTIVE'
    where r.tenant_id = $1 and r.finished_at is null
      and (coalesce(r.paused_until, '-infinity') <= now() or (r.paused_for = 'BUDGET' and $2 = 0))
      and exists (select from run_items i where i.tenant_id = $1 and i.run_id = r.id and i.stage = $2)
    order by r.urgent desc, r.served_at limit $3"""

# SKIP LOCKED: other lanes hold theirs. What was tried before comes last, and alone (see `fresh`).
NEXT = """
    select i.track_id, i.attempts, t.title, t.language, l.text
    from run_items i
    join tracks t on t.tenant_id = i.tenant_id and t.id = i.track_id
    join lyrics l on l.tenant_id = i.tenant_id and l.track_id = i.track_id
    where i.tenant_id = $1 and i.run_id = $2 and i.stage = 0
    order by i.attempts, i.track_id limit $3
    for update of i skip locked"""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with tracks that wait. `charged_to` is None where it costs no points."""

    tenant: UUID
    id: UUID
    analyzers: tuple[str, ...]
    urgent: bool
    charged_to: UUID | None
    plan: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A track of a run and how often its analysis was lost together with the process that was at it."""

    track: UUID
    text: Text
    attempts: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Some tracks of one run."""

    run: OpenRun
    items: Sequence[Claimed]

    @property
    def tracks(self) -> list[UUID]:
        return [item.track for item in self.items]


async def open_runs(session: AsyncSession, tenant: UUID, stage: int) -> list[OpenRun]:
    """Runs with tracks at this stage, in the order in which it is their turn; none of a suspended tenant."""
    driver = await driver_of(session)
    rows = await driver.fetch(OPEN, tenant, stage, OTHERS)
    return [
        OpenRun(tenant, row["id"], tuple(row["analyzers"]), row["urgent"], row["charged_to"], row["plan"])
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What can be claimed now: the first of it is `urgent`, and it is of `runs` runs or a few more."""

    urgent: bool
    runs: int


async def claim(session: AsyncSession, tenant: UUID, most: int) -> Slice | None:
    """Up to `most` tracks for the local analyzers that nobody else holds; None where there are none."""
    for run in await open_runs(session, tenant, LOCAL):
        rows = await (await driver_of(session)).fetch(NEXT, tenant, run.id, most)
        if rows:
            return Slice(run, fresh([claimed(row) for row in rows]))
    return None


async def ahead(session: AsyncSession, tenant: UUID) -> Ahead | None:
    """None where nothing can be claimed now; else locks one track of it."""
    runs = await open_runs(session, tenant, LOCAL)
    for n, run in enumerate(runs):
        if await (await driver_of(session)).fetch(NEXT, tenant, run.id, 1):
            return Ahead(run.urgent, len(runs) - n)
    return None


def fresh(items: Sequence[Claimed]) -> Sequence[Claimed]:
    """Those that were never tried, or else one alone: it may be the one that stops the analyzers."""
    return [item for item in items if item.attempts == 0] or items[:1]


def claimed(row: Any) -> Claimed:
    return Claimed(row["track_id"], Text(row["text"], row["title"], row["language"]), row["attempts"])
