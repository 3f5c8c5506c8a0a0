"""What models may cost a tenant, whoever spends it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, update

from app.analysis.agents.budget import Budget
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.tasks import TASKS
from app.analysis.consultations import consult
from app.analysis.models import Run
from app.jobs import Job
from tenancy.database import Database
from tests.builders import VERSE, new_tenant, turn
from tests.integration.agents.consulting import (
    COST,
    consultants,
    go_on,
    knows,
    one_song,
    spent,
    work_off,
)
from tests.model_server import ModelServer


async def test_a_run_pauses_when_the_budget_ends_and_goes_on_with_the_next(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    songs = [f"{VERSE}\nAnd number {n} is the only one" for n in range(12)]
    tenant, tracks = await one_song(database, *songs)
    budget = 0.018
    most = server.model().most(str(TASKS["themes"].answer.model_json_schema()) + TASKS["themes"].prompt.text)
    asked = consultants(database, server.model(), budget=budget)
    run, rows = await work_off(database, tenant, tracks, asked, "themes", "themes.scripted")
    assert (run["status"], run["paused_for"], run["failed"]) == ("PAUSED", "BUDGET", 0)
    assert run["paused_until"] > run["created_at"]
    # The local analyzer has gone through all of them.
    assert sum(row["analyzer"] == "themes" for row in rows) == 12
    answered = [row for row in rows if row["analyzer"] == "themes.scripted"]
    assert 0 < len(answered) == len(server.asked) == run["completed"] < 12
    assert {row["status"] for row in answered} == {"COMPLETED"}
    assert await spent(database, tenant) == pytest.approx(len(answered) * COST)
    assert run["cost_usd"] == pytest.approx(len(answered) * COST)
    # It stopped when another request might have cost more than is left, and not before.
    assert budget - len(answered) * COST < most + 0.001
    # The budget is the tenant's own: another one's is untouched.
    other, theirs = await one_song(database)
    _, rows = await work_off(database, other, theirs, asked, "themes.scripted")
    assert rows[0]["status"] == "COMPLETED"
    # While it pauses nothing is tried. When it is due, it goes on, with as much as there is then.
    richer = consultants(database, server.model(), budget=1.0)
    before = len(server.asked)
    await consult(database, turn(tenant, Job.CONSULT), richer)
    assert len(server.asked) == before
    async with database.transaction(tenant) as session:
        await session.execute(update(Run).values(paused_until=func.now()))
    run, rows = await go_on(database, tenant, run["id"], richer)
    assert (run["status"], run["completed"], run["paused_for"]) == ("COMPLETED", 12, None)
    assert len([row for row in rows if row["analyzer"] == "themes.scripted"]) == 12


async def test_where_nobody_named_a_model_the_run_goes_on_without(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model(), below=1.0, budget=0.0001)
    run, rows = await work_off(database, tenant, tracks, asked)
    assert run["status"] == "COMPLETED"
    models = [row for row in rows if "." in row["analyzer"]]
    assert {(row["status"], row["error"]) for row in models} == {("DEGRADED", NO_BUDGET)}
    assert server.asked == []


async def test_a_budget_that_no_request_fits_into_is_not_waited_for(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model(), budget=0.0001)
    run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert (run["status"], rows[0]["status"], rows[0]["error"]) == ("COMPLETED", "DEGRADED", NO_BUDGET)


async def test_many_purses_of_one_tenant_do_not_spend_a_dollar_twice(
    database: Database,
) -> None:
    tenant = await new_tenant(database)
    settles = await asyncio.gather(*(Budget(database, tenant, 1.0).reserve(0.3) for _ in range(20)))
    held = [settle for settle in settles if settle is not None]
    assert len(held) == 3
    await held[0](0.05)
    assert await spent(database, tenant) == pytest.approx(0.65)
    assert await Budget(database, tenant, 1.0).reserve(0.36) is None
    assert await Budget(database, tenant, 1.0).reserve(0.35) is not None
    assert await Budget(database, tenant, 0.0).reserve(0.0) is not None, (
        "a model of one's own needs no budget"
    )


async def test_one_purse_waits_for_what_is_under_way_before_it_says_no(
    database: Database,
) -> None:
    purse = Budget(database, await new_tenant(database), 1.0)
    first = await purse.reserve(0.8)
    assert first is not None
    second, third = (asyncio.create_task(purse.reserve(0.8)) for _ in range(2))
    await asyncio.sleep(0)
    await first(0.1)
    done, waiting = await asyncio.wait({second, third}, return_when=asyncio.FIRST_COMPLETED)
    (settle,) = [task.result() for task in done]
    assert settle is not None
    await settle(0.7)
    assert [await task for task in waiting] == [None]
