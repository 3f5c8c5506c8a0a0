"""What models may cost a tenant, whoever spends it."""

from __future__ import annotations

import asyncio

import pytest

from app.analysis.agents.budget import Budget
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.tasks import TASKS
from tenancy.database import Database
from tests.builders import VERSE, new_tenant
from tests.integration.agents.consulting import (
    COST,
    consultants,
    knows,
    one_song,
    spent,
    work_off,
)
from tests.model_server import ModelServer


async def test_a_budget_stops_the_asking_and_is_never_overspent(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    songs = [f"{VERSE}\nAnd number {n} is the only one" for n in range(12)]
    tenant, tracks = await one_song(database, *songs)
    budget = 0.018
    most = server.model().most(str(TASKS["themes"].answer.model_json_schema()) + TASKS["themes"].prompt.text)
    asked = consultants(purses, server.model(), budget=budget)
    run, rows = await work_off(database, tenant, tracks, asked, "themes", "themes.scripted")
    models = [row for row in rows if row["analyzer"] == "themes.scripted"]
    answered = [row for row in models if row["status"] == "COMPLETED"]
    stopped = [row for row in models if row["status"] == "DEGRADED"]
    assert answered
    assert stopped
    assert len(answered) + len(stopped) == len(models) == 12
    assert {row["error"] for row in stopped} == {NO_BUDGET}
    assert len(server.asked) == len(answered)
    assert await spent(database, tenant) == pytest.approx(len(answered) * COST)
    assert run["cost_usd"] == pytest.approx(len(answered) * COST)
    # It stopped when another request might have cost more than is left, and not before.
    assert budget - len(answered) * COST < most + 0.001
    assert (run["status"], run["failed"]) == ("COMPLETED", 0)
    # The budget is the tenant's own: another one's is untouched.
    other, theirs = await one_song(database)
    _, rows = await work_off(database, other, theirs, asked, "themes.scripted")
    assert rows[0]["status"] == "COMPLETED"


async def test_many_purses_of_one_tenant_do_not_spend_a_dollar_twice(
    database: Database, purses: Database
) -> None:
    tenant = await new_tenant(database)
    settles = await asyncio.gather(*(Budget(purses, tenant, 1.0).reserve(0.3) for _ in range(20)))
    held = [settle for settle in settles if settle is not None]
    assert len(held) == 3
    await held[0](0.05)
    assert await spent(database, tenant) == pytest.approx(0.65)
    assert await Budget(purses, tenant, 1.0).reserve(0.36) is None
    assert await Budget(purses, tenant, 1.0).reserve(0.35) is not None
    assert await Budget(purses, tenant, 0.0).reserve(0.0) is not None, "a model of one's own needs no budget"


async def test_one_purse_waits_for_what_is_under_way_before_it_says_no(
    database: Database, purses: Database
) -> None:
    purse = Budget(purses, await new_tenant(database), 1.0)
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
