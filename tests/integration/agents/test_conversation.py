"""An agent and its model over real HTTP: what is asked, what is believed, and what it costs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.analysis.agents.agent import Question
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.results import EmotionDetails, RhymeDetails, Sentiment, Status, ThemeDetails
from tests.builders import VERSE
from tests.integration.agents.asking import COST, LYRICS, Coins, agent, judged, score
from tests.integration.agents.conftest import GOOD, quote
from tests.model_server import (
    TOKENS_IN,
    TOKENS_OUT,
    ModelServer,
    completion,
    refuses,
    says,
)


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
