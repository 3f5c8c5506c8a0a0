"""A run pays slice by slice, pauses when there is nothing left, and goes on when there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import func, update

from app.analysis import batch, endings, runs
from app.analysis.batch import Text
from app.analysis.charging import Charges
from app.analysis.models import Run
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import SLICE, Analysts, advance
from app.embedded.valkey import ValkeyServer
from app.processes import WorkLost
from app.provision import create_tenant
from tenancy.database import Database
from tenancy.limits import LIMITS, Limits
from tenancy.models import Plan
from tenancy.quotas import Quotas
from tests.builders import NUMBERS, add_tracks, new_key, song, turn


async def analyze(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    return batch.analyze(texts, names)


@pytest_asyncio.fixture
async def quotas(jobs_database: Database, valkey_server: ValkeyServer) -> AsyncIterator[Quotas]:
    async with Redis.from_url(valkey_server.url) as valkey:
        quotas = Quotas(valkey, jobs_database)
        yield quotas
        await quotas.close()


async def begun(database: Database, tracks: int, *, charged: bool = True) -> tuple[UUID, UUID]:
    """A tenant of the plan TEAM, and its run."""
    tenant = await create_tenant(database, f"payer-{next(NUMBERS)}", "Payer", Plan.TEAM)
    await new_key(database, tenant)
    async with database.reading(tenant) as connection:
        key = await connection.fetchval("select id from api_keys")
    ids = await add_tracks(database, tenant, [song() for _ in range(tracks)])
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, ids, ["vocabulary"], charged_to=key if charged else None)
    return tenant, run


async def row(database: Database, tenant: UUID, run: UUID) -> dict[str, Any]:
    async with database.reading(tenant) as connection:
        return dict(await connection.fetchrow("select * from runs where id = $1", run))


def allow(monkeypatch: pytest.MonkeyPatch, month: int) -> None:
    monkeypatch.setitem(LIMITS, "TEAM", Limits(10_000, 10_000, 10_000, month))


async def test_a_run_pauses_with_the_last_point_and_goes_on_with_new_ones(
    jobs_database: Database, quotas: Quotas, monkeypatch: pytest.MonkeyPatch
) -> None:
    affordable = SLICE + 3
    allow(monkeypatch, affordable * runs.POINTS + 2)
    tenant, run = await begun(jobs_database, 2 * SLICE)
    analysts = Analysts(analyze, Charges(quotas))
    for _ in range(4):
        await advance(jobs_database, turn(tenant), analysts)
    paused = await row(jobs_database, tenant, run)
    assert (paused["status"], paused["paused_for"], paused["completed"]) == ("PAUSED", "QUOTA", affordable)
    assert await quotas.used_this_month(tenant) == affordable * runs.POINTS
    allow(monkeypatch, 1_000_000)
    await advance(jobs_database, turn(tenant), analysts)
    assert (await row(jobs_database, tenant, run))[
        "completed"
    ] == affordable  # it is not tried before its time
    async with jobs_database.transaction(tenant) as session:
        await session.execute(update(Run).values(paused_until=func.now()))
    await advance(jobs_database, turn(tenant), analysts)
    ended = await row(jobs_database, tenant, run)
    assert (ended["status"], ended["paused_for"], ended["completed"]) == ("COMPLETED", None, 2 * SLICE)
    assert await quotas.used_this_month(tenant) == 2 * SLICE * runs.POINTS
    async with jobs_database.reading(tenant) as connection:
        told = await connection.fetch("select kind from events where kind like 'Run%' order by id")
    # Two slices and the pause, told once; then the end.
    assert [each["kind"] for each in told] == ["RunProgressed"] * 3 + ["RunFinished"]


async def test_a_paused_run_can_be_cancelled_and_another_one_goes_on(
    jobs_database: Database, quotas: Quotas, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 0)
    tenant, run = await begun(jobs_database, 2)
    analysts = Analysts(analyze, Charges(quotas))
    await advance(jobs_database, turn(tenant), analysts)
    assert (await row(jobs_database, tenant, run))["status"] == "PAUSED"
    async with jobs_database.reading(tenant) as connection:
        tracks = [each["id"] for each in await connection.fetch("select id from tracks")]
    async with jobs_database.transaction(tenant) as session:
        operators = await runs.start(session, tenant, tracks, ["vocabulary"])
    await advance(jobs_database, turn(tenant), analysts)
    assert (await row(jobs_database, tenant, operators))["status"] == "COMPLETED"
    async with jobs_database.transaction(tenant) as session:
        await endings.cancel(session, tenant, run)
    assert (await row(jobs_database, tenant, run))["status"] == "CANCELLED"


async def test_what_operators_start_costs_nothing(
    jobs_database: Database, quotas: Quotas, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 0)
    tenant, run = await begun(jobs_database, 2, charged=False)
    await advance(jobs_database, turn(tenant), Analysts(analyze, Charges(quotas)))
    assert (await row(jobs_database, tenant, run))["status"] == "COMPLETED"


async def test_a_slice_that_is_lost_is_paid_back(
    jobs_database: Database, quotas: Quotas, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1_000)
    tenant, run = await begun(jobs_database, 3)

    async def die(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
        raise WorkLost

    await advance(jobs_database, turn(tenant), Analysts(die, Charges(quotas)))
    await quotas.settle()
    assert await quotas.used_this_month(tenant) == 0
    for _ in range(3):
        await advance(jobs_database, turn(tenant), Analysts(analyze, Charges(quotas)))
    assert (await row(jobs_database, tenant, run))["completed"] == 3
    assert await quotas.used_this_month(tenant) == 3 * runs.POINTS
