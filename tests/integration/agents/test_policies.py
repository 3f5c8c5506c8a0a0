"""What tenants decide about models holds for their runs, within what the service offers."""

from __future__ import annotations

import asyncio
import math
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.analysis import policy, runs
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.tasks import TASKS
from app.analysis.consultations import consult
from app.analysis.policy import InvalidPolicy, Offer, Policy
from app.analysis.slices import Analysts, advance
from app.jobs import Job
from app.provision import SETUP
from tenancy.audit import Action
from tenancy.database import Database
from tenancy.models import AuditEntry
from tests.builders import VERSE, add_tracks, new_tenant, song, turn
from tests.integration.agents.consulting import (
    COST,
    LOCAL,
    analyze,
    consultants,
    decide,
    go_on,
    knows,
    one_song,
    spent,
    work_off,
)
from tests.integration.events.helpers import until
from tests.model_server import ModelServer

UNSURE = {"emotion.scripted", "themes.scripted"}  # what the verse leaves local analyzers less than sure of


async def changes(database: Database, tenant: UUID) -> list[tuple[Any, Any]]:
    """Before and after of every change of the policy, oldest first."""
    changed = select(AuditEntry).where(AuditEntry.action == Action.MODELS_CHANGED)
    async with database.transaction(tenant) as session:
        rows = (await session.scalars(changed.order_by(AuditEntry.at))).all()
        return [(row.before, row.after) for row in rows]


async def test_a_tenant_says_from_which_confidence_on_models_are_asked(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    eager, reserved = (consultants(database, server.model(), below=below) for below in (1.0, 0.0))

    await decide(database, tenant, ask_below=0.0)
    _, rows = await work_off(database, tenant, tracks, eager)
    assert {row["analyzer"] for row in rows} == LOCAL
    assert server.asked == []

    await decide(database, tenant, ask_below=1.0)
    _, rows = await work_off(database, tenant, tracks, reserved)
    assert {row["analyzer"] for row in rows} == LOCAL | UNSURE
    assert len(server.asked) == len(UNSURE)

    await decide(database, tenant, ask_below=None)
    _, rows = await work_off(database, tenant, tracks, reserved)
    assert {row["analyzer"] for row in rows} == LOCAL
    another, theirs = await one_song(database)
    _, rows = await work_off(database, another, theirs, reserved)
    assert {row["analyzer"] for row in rows} == LOCAL, "one tenant's policy is no other's"


async def test_a_tenants_budget_stops_a_run_before_it_is_overspent_and_more_lets_it_go_on(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database, *(f"{VERSE}\nAnd budget song {n}" for n in range(12)))
    asked = consultants(database, server.model(), budget=1.0)
    budget = 0.018
    await decide(database, tenant, monthly_budget_usd=budget)
    run, rows = await work_off(database, tenant, tracks, asked, "themes", "themes.scripted")
    assert (run["status"], run["paused_for"]) == ("PAUSED", "BUDGET")
    answered = [row for row in rows if row["analyzer"] == "themes.scripted"]
    assert 0 < len(answered) == len(server.asked) == run["completed"] < 12
    assert await spent(database, tenant) == pytest.approx(len(answered) * COST)
    assert await spent(database, tenant) <= budget

    # Any change has it tried again, and while the money is short, nothing is asked.
    await decide(database, tenant, ask_below=0.1)
    run, _ = await go_on(database, tenant, run["id"], asked)
    assert (run["status"], len(server.asked)) == ("PAUSED", len(answered))

    await decide(database, tenant, monthly_budget_usd=0.5)
    run, rows = await go_on(database, tenant, run["id"], asked)
    assert (run["status"], run["completed"], run["paused_for"]) == ("COMPLETED", 12, None)
    assert run["cost_usd"] == pytest.approx(12 * COST) == pytest.approx(await spent(database, tenant))


async def test_what_was_short_of_money_before_a_change_does_not_pause_after_it(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    server.together = asyncio.Barrier(2)  # with the test itself
    tenant, tracks = await one_song(database, VERSE, f"{VERSE}\nAnd a second song")
    asked = consultants(database, server.model())
    task = TASKS["themes"]
    most = server.model().most(str(task.answer.model_json_schema()) + task.prompt.text)
    # Enough for a first request, whatever it costs, and not for a second beside what that has cost.
    await decide(database, tenant, monthly_budget_usd=most + COST)
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, ["themes.scripted"])
    await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
    asking = asyncio.create_task(consult(database, turn(tenant, Job.CONSULT), asked))
    await until(lambda: len(server.asked) == 1)
    await decide(database, tenant, monthly_budget_usd=1.0)
    barrier, server.together = server.together, None
    await barrier.wait()
    await asking
    assert len(server.asked) == 1, "this turn goes by what it knew"
    row, _ = await go_on(database, tenant, run, asked)
    assert (row["status"], row["completed"]) == ("COMPLETED", 2)


async def test_a_tenant_can_spend_no_more_than_the_service_allows(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    await decide(database, tenant, monthly_budget_usd=500.0)
    poor = consultants(database, server.model(), budget=0.0001)
    _, rows = await work_off(database, tenant, tracks, poor, "themes.scripted")
    assert (rows[0]["status"], rows[0]["error"], server.asked) == ("DEGRADED", NO_BUDGET, [])
    assert Offer(0.5, 10.0).to(Policy(monthly_budget_usd=500.0)) == Offer(0.5, 10.0)
    assert Offer(0.5, 10.0).to(Policy(ask_below=0.0, monthly_budget_usd=0.0)) == Offer(0.0, 0.0)


async def test_models_that_are_switched_off_are_not_asked_until_they_are_switched_on(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model(), below=1.0)
    await asked.of(tenant)
    await decide(database, tenant, switched_off=["themes.scripted", "critic.scripted", "themes.scripted"])
    _, rows = await work_off(database, tenant, tracks, asked)
    assert {row["analyzer"] for row in rows} == LOCAL | {"emotion.scripted"}
    kept = await decide(database, tenant, switched_off=["critic.scripted"])
    assert kept.switched_off == ("critic.scripted",)
    _, rows = await work_off(database, tenant, tracks, asked)
    assert {row["analyzer"] for row in rows} == LOCAL | UNSURE
    assert (await decide(database, tenant, switched_off=None)).switched_off == ()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("ask_below", -0.01),
        ("ask_below", 1.01),
        ("ask_below", math.nan),
        ("monthly_budget_usd", -1.0),
        ("monthly_budget_usd", math.inf),
        ("monthly_budget_usd", 1_000_001.0),
        ("switched_off", ["themes"]),  # no model
        ("switched_off", ["themes.nobody"]),
    ],
)
async def test_what_can_not_hold_changes_nothing(database: Database, part: str, value: Any) -> None:
    tenant = await new_tenant(database)
    with pytest.raises(InvalidPolicy) as refused:
        await decide(database, tenant, **{"shares_answers": True, part: value})
    assert refused.value.field == part
    async with database.transaction(tenant) as session:
        assert await policy.read(session, tenant) == Policy()
    assert await changes(database, tenant) == []


async def test_every_change_is_in_the_audit_log_once(database: Database, server: ModelServer) -> None:
    tenant = await new_tenant(database)
    await consultants(database, server.model()).of(tenant)
    for _ in range(2):
        await decide(database, tenant, ask_below=0.25, switched_off=["critic.scripted"])
    await decide(database, tenant, ask_below=None, shares_answers=True)
    start: dict[str, Any] = {
        "ask_below": None,
        "monthly_budget_usd": None,
        "shares_answers": False,
        "switched_off": [],
    }
    first = start | {"ask_below": 0.25, "switched_off": ["critic.scripted"]}
    second = first | {"ask_below": None, "shares_answers": True}
    assert await changes(database, tenant) == [(start, first), (first, second)]


async def test_a_change_waits_for_no_rows_that_others_add(database: Database) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        await policy.change(session, tenant, SETUP, {"ask_below": 0.5})
        # Each of these refers to the tenant's row, which is being changed here.
        await add_tracks(database, tenant, [song()])
