"""Lyrics and keys go to the model that was named, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers
from langsmith.utils import get_env_var

from app.analysis.agents.agent import Question
from app.analysis.agents.sheet import Checker
from app.analysis.results import Result, Status
from app.lyrics.text import Lyrics
from tests.integration.agents.asking import COST, LYRICS, Coins, agent, judged
from tests.integration.agents.conftest import GOOD
from tests.model_server import (
    ModelServer,
    fails,
    refuses,
    says,
)


async def test_neither_logs_nor_errors_hold_lyrics_or_the_key(
    server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    turns = [
        fails(400),
        fails(500),
        says('{"The harbor lamps": 1}'),
        says({"The harbor lamps": 2}),
        refuses(),
    ]
    server.plays([], otherwise=fails(500))
    errors = []
    for turn in turns:
        server.plays([], otherwise=turn)
        errors.append((await judged(server, "themes")).error or "")
    told = caplog.text + "\n".join(errors)
    assert all(errors)
    assert "harbor" not in told
    assert "sk-of-a-test" not in told
    assert "sk-of-a-test" not in repr(server.model())


async def test_the_providers_key_goes_to_no_other_address(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-provider")
    server.plays([], otherwise=says(GOOD["vocabulary"]))
    assert (await judged(server, "vocabulary", api_key=None)).status is Status.COMPLETED
    assert server.authorizations == ["Bearer none"]


async def test_a_mistake_of_ours_fails_one_result_keeps_its_bill_and_tells_no_lyrics(
    server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(answer: object, lyrics: Lyrics, checker: Checker) -> Result:
        raise KeyError(lyrics.quote(1, 1))

    server.plays([], otherwise=says(GOOD["vocabulary"]))
    asking = agent(server, "vocabulary")
    question = asking.question(LYRICS, {})
    assert isinstance(question, Question)
    purse = Coins()
    result = await asking.judge(replace(question, task=replace(asking.task, read=stumble)), purse)
    assert (result.status, len(server.asked)) == (Status.FAILED, 1)
    assert result.use is not None
    assert result.use.cost_usd == pytest.approx(COST) == purse.spent
    assert "KeyError" in caplog.text
    assert "harbor" not in caplog.text + (result.error or "")


async def test_no_tracing_service_gets_the_lyrics(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TRACING": "true", "ENDPOINT": server.url, "API_KEY": "ls-key"}.items():
        monkeypatch.setenv(f"LANGSMITH_{name}", value)
    get_env_var.cache_clear()  # type: ignore[attr-defined]
    try:
        server.plays([], otherwise=says(GOOD["vocabulary"]))
        assert (await judged(server, "vocabulary")).status is Status.COMPLETED
        await asyncio.to_thread(wait_for_all_tracers)
    finally:
        get_env_var.cache_clear()  # type: ignore[attr-defined]
    assert server.elsewhere == []
