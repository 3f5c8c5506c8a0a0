"""An agent and its model over real HTTP: what is asked, and every way in which the answer can fail."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers
from langsmith.utils import get_env_var

from app.analysis.agents import model_agents
from app.analysis.agents.agent import ModelAgent, Question
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.sheet import Checker
from app.analysis.results import EmotionDetails, Result, RhymeDetails, Sentiment, Status, ThemeDetails
from app.lyrics.text import Lyrics
from tests.builders import VERSE
from tests.integration.agents.conftest import GOOD, quote
from tests.model_server import (
    TOKENS_IN,
    TOKENS_OUT,
    ModelServer,
    completion,
    fails,
    keeps_silent,
    refuses,
    says,
)

LYRICS = Lyrics.parse(VERSE)
COST = (TOKENS_IN * 1.0 + TOKENS_OUT * 2.0) / 1e6


class Coins:
    """A purse in memory that knows the largest sum that was ever spoken for."""

    owner = "test"

    def __init__(self, usd: float = 1.0) -> None:
        self.usd = usd
        self.spent = 0.0
        self.most = 0.0

    async def reserve(self, usd: float) -> Callable[[float], Any] | None:
        if self.spent + usd > self.usd:
            return None
        self.spent += usd
        self.most = max(self.most, self.spent)

        async def settle(spent: float) -> None:
            self.spent += spent - usd

        return settle


def agent(server: ModelServer, task: str, **parts: Any) -> ModelAgent:
    return next(agent for agent in model_agents([server.model(**parts)]) if agent.task.name == task)


async def judged(
    server: ModelServer, task: str, purse: Coins | None = None, lyrics: Lyrics = LYRICS, **parts: Any
) -> Result:
    asking = agent(server, task, **parts)
    question = asking.question(lyrics, {})
    assert isinstance(question, Question)
    return await asking.judge(question, purse or Coins())


def score(result: Result, name: str) -> float:
    return next(score.value for score in result.scores if score.name == name)


@pytest.mark.parametrize("task", list(GOOD))
async def test_a_good_answer_is_a_result_with_its_bill(server: ModelServer, task: str) -> None:
    server.plays([says(GOOD[task])])
    purse = Coins()
    result = await judged(server, task, purse)
    assert result.status is Status.COMPLETED, result.error
    assert score(result, "dropped_quotes") == 0
    assert result.use is not None
    assert (result.use.model, result.use.tokens_in, result.use.tokens_out) == (
        "openai:scripted", TOKENS_IN, TOKENS_OUT,
    )  # fmt: skip
    assert result.use.cost_usd == pytest.approx(COST)
    assert purse.spent == pytest.approx(COST)
    assert server.authorizations == ["Bearer sk-of-a-test"]


async def test_a_schema_goes_out_and_its_answer_comes_in_whole(server: ModelServer) -> None:
    server.plays([says(GOOD["emotion"])])
    result = await judged(server, "emotion")
    format_ = server.asked[0]["response_format"]
    assert format_["type"] == "json_schema"
    assert set(format_["json_schema"]["schema"]["required"]) == set(GOOD["emotion"])
    assert isinstance(result.details, EmotionDetails)
    assert [(e.name, e.value) for e in result.details.emotions] == [("sadness", 0.75), ("love", 0.25)]
    assert result.sentiment is Sentiment.NEGATIVE
    assert [(e.start_line, e.supports) for e in result.evidence] == [(4, "sadness"), (3, "love")]


async def test_the_scheme_follows_from_the_pairs(server: ModelServer) -> None:
    server.plays([says(GOOD["rhyme"])])
    details = (await judged(server, "rhyme")).details
    assert isinstance(details, RhymeDetails)
    assert details.scheme == ["a", "b", "a", "b", "a", "b", "c", "d"]
    assert (details.perfect_rhymes, details.slant_rhymes, details.density) == (1, 1, 0.5)


async def test_a_quote_that_is_not_there_is_dropped_counted_and_proves_nothing(server: ModelServer) -> None:
    answer = copy.deepcopy(GOOD["themes"])
    invented = quote(1, "I left my money in the bank")
    answer["themes"][0]["quotes"].append(invented)
    answer["themes"].append({"name": "money", "confidence": 0.9, "quotes": [invented, quote(2, "boats")]})
    answer["themes"].append({"name": "home", "confidence": 0.5, "quotes": [quote(99, "boats")]})
    server.plays([says(answer)])
    result = await judged(server, "themes")
    assert isinstance(result.details, ThemeDetails)
    # "money" has a word that is there; "home" quotes a single word from a line that isn't.
    assert [label.name for label in result.details.themes] == ["loss", "money"]
    assert score(result, "dropped_quotes") == 3
    assert all(item.text in VERSE for item in result.evidence)


async def test_an_answer_of_inventions_alone_has_failed(server: ModelServer) -> None:
    answer = {
        "themes": [{"name": "money", "confidence": 0.9, "quotes": [quote(1, "cash in the bank")]}],
        "entities": [{"kind": "person", "name": "Jay", "quotes": [quote(3, "My brother's coat")]}],
    }
    server.plays([], otherwise=says(answer))
    result = await judged(server, "themes")
    assert result.status is Status.FAILED
    assert "None of the quotes is in the song." in (result.error or "")
    assert (result.details, result.labels, result.scores) == (None, (), ())


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ('{"emotions": [{"name": "sad', "JSON"),
        ({**GOOD["emotion"], "valence": "very dark"}, "valence"),
        ({**GOOD["emotion"], "mood": "blue"}, "mood"),
        ({**GOOD["emotion"], "emotions": GOOD["emotion"]["emotions"] * 2}, "twice"),
        ("", "JSON"),
    ],
    ids=["half a JSON", "wrong type", "unknown field", "contradiction", "nothing"],
)
async def test_an_answer_that_does_not_fit_is_sent_back_once(
    server: ModelServer, first: Any, told: str
) -> None:
    server.plays([says(first), says(GOOD["emotion"])])
    result = await judged(server, "emotion")
    assert result.status is Status.COMPLETED, result.error
    assert result.use is not None
    assert result.use.tokens_in == 2 * TOKENS_IN
    assert result.use.cost_usd == pytest.approx(2 * COST)
    messages = server.asked[1]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert told in messages[3]["content"]


@pytest.mark.parametrize("answer", ['{"emotions": [', {"sentiment": "NEUTRAL"}], ids=["half", "wrong schema"])
async def test_what_does_not_fit_twice_has_failed_and_is_no_neutral_result(
    server: ModelServer, answer: Any
) -> None:
    server.plays([], otherwise=says(answer))
    result = await judged(server, "emotion")
    assert (result.status, result.sentiment, result.details) == (Status.FAILED, None, None)
    assert "twice" in (result.error or "")
    assert len(server.asked) == 2


async def test_a_refusal_is_a_failure(server: ModelServer) -> None:
    server.plays([refuses()])
    result = await judged(server, "content")
    assert (result.status, result.error) == (Status.FAILED, "The model refused to answer.")
    assert len(server.asked) == 1


async def test_an_answer_that_was_cut_off_is_paid_for_and_has_failed(server: ModelServer) -> None:
    server.plays([lambda _: completion('{"themes": [', finish="length")])
    purse = Coins()
    result = await judged(server, "themes", purse)
    assert result.status is Status.FAILED
    assert purse.spent > 0
    assert result.use is not None
    assert result.use.cost_usd == pytest.approx(purse.spent)


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


async def test_no_request_is_begun_that_the_purse_could_not_pay(server: ModelServer) -> None:
    server.plays([], otherwise=says(GOOD["vocabulary"]))
    result = await judged(server, "vocabulary", Coins(COST))
    assert (result.status, result.error) == (Status.DEGRADED, NO_BUDGET)
    assert server.asked == []


async def test_a_repair_that_cannot_be_paid_is_not_asked_for(server: ModelServer) -> None:
    server.plays([], otherwise=says("{"))
    asking = agent(server, "vocabulary")
    question = asking.question(LYRICS, {})
    assert isinstance(question, Question)
    most = server.model().most(
        str(asking.task.answer.model_json_schema()) + asking.task.prompt.text + question.text
    )
    purse = Coins(most + COST / 2)
    result = await asking.judge(question, purse)
    assert (result.status, result.error, len(server.asked)) == (Status.DEGRADED, NO_BUDGET, 1)
    assert purse.most <= purse.usd
    assert result.use is not None
    assert result.use.cost_usd == pytest.approx(COST)


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
