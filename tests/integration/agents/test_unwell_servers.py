"""Servers that are busy, silent, wrong or not there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.analysis.agents.agent import Question
from app.analysis.results import Status
from tests.integration.agents.asking import COST, LYRICS, Coins, agent, judged
from tests.integration.agents.conftest import GOOD
from tests.model_server import (
    ModelServer,
    fails,
    keeps_silent,
    says,
)


@pytest.mark.parametrize("busy", [fails(429, retry_after="1"), fails(429), fails(500), fails(503)])
async def test_a_busy_server_is_asked_again_and_not_paid_for_its_failure(
    server: ModelServer, busy: Any
) -> None:
    server.plays([busy, says(GOOD["vocabulary"])])
    purse = Coins()
    result = await judged(server, "vocabulary", purse)
    assert result.status is Status.COMPLETED, result.error
    assert len(server.asked) == 2
    assert purse.spent == pytest.approx(COST)


async def test_a_server_that_wants_too_long_a_rest_is_not_asked_again(server: ModelServer) -> None:
    server.plays([fails(429, retry_after="3600")], otherwise=says(GOOD["vocabulary"]))
    result = await judged(server, "vocabulary")
    assert (result.status, len(server.asked)) == (Status.FAILED, 1)
    assert "429" in (result.error or "")


async def test_a_server_that_never_recovers_is_asked_three_times(server: ModelServer) -> None:
    server.plays([], otherwise=fails(500))
    purse = Coins()
    result = await judged(server, "vocabulary", purse)
    assert (result.status, len(server.asked)) == (Status.FAILED, 3)
    assert purse.spent == pytest.approx(0)
    assert "500" in (result.error or "")


async def test_a_request_that_is_wrong_is_not_repeated(server: ModelServer) -> None:
    for status in (400, 401, 404):
        server.plays([], otherwise=fails(status))
        result = await judged(server, "vocabulary")
        assert (result.status, len(server.asked)) == (Status.FAILED, 1)
        assert str(status) in (result.error or "")


async def test_silence_ends_by_the_timeout_and_may_be_on_the_bill(server: ModelServer) -> None:
    server.plays([keeps_silent(30)], otherwise=says(GOOD["vocabulary"]))
    purse = Coins()
    result = await judged(server, "vocabulary", purse, timeout=1.0)
    assert (result.status, len(server.asked)) == (Status.COMPLETED, 2)
    assert result.use is not None
    assert result.use.cost_usd == pytest.approx(purse.spent)
    assert purse.spent > COST


async def test_a_server_that_only_keeps_silent_is_asked_twice(server: ModelServer) -> None:
    server.plays([], otherwise=keeps_silent(30))
    result = await judged(server, "vocabulary", timeout=0.5)
    assert (result.status, len(server.asked)) == (Status.FAILED, 2)
    assert result.error == "The model did not answer within 0.5 s."


async def test_nobody_at_the_address_is_a_failure_that_costs_nothing(server: ModelServer) -> None:
    purse = Coins()
    result = await judged(server, "vocabulary", purse, base_url="http://127.0.0.1:9/v1")
    assert (result.status, result.error) == (Status.FAILED, "The model's server can't be reached.")
    assert purse.spent == pytest.approx(0)


async def test_a_provider_that_is_not_there_is_a_failure_too(server: ModelServer) -> None:
    result = await judged(server, "vocabulary", model="nobody:at-all")
    assert result.status is Status.FAILED
    assert "could not be set up" in (result.error or "")


async def test_no_more_requests_are_under_way_than_the_model_takes(server: ModelServer) -> None:
    server.plays([], otherwise=says(GOOD["vocabulary"]))
    server.together = asyncio.Barrier(2)
    asking = agent(server, "vocabulary", max_concurrency=2)
    question = asking.question(LYRICS, {})
    assert isinstance(question, Question)
    purse = Coins(10)
    results = await asyncio.gather(*(asking.judge(question, purse) for _ in range(12)))
    assert {result.status for result in results} == {Status.COMPLETED}
    assert server.most_open == 2
