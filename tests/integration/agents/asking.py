"""Asking one agent of the scripted model, out of a purse in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.analysis.agents import model_agents
from app.analysis.agents.agent import ModelAgent, Question
from app.analysis.results import Result
from app.lyrics.text import Lyrics
from tests.builders import VERSE
from tests.model_server import (
    TOKENS_IN,
    TOKENS_OUT,
    ModelServer,
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
