"""Which models are asked about a song, and how what they say joins what the local analyzers have said."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from app.analysis.agents.agent import ModelAgent, Question
from app.analysis.agents.conversation import Purse
from app.analysis.agents.earlier import reused
from app.analysis.agents.shared import SharedAnswers
from app.analysis.agents.tasks import critic
from app.analysis.confidence import confidence
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.profile import Profile
from app.analysis.results import Result, Status
from app.lyrics.text import Lyrics

if TYPE_CHECKING:
    from app.analysis.agents.graph import Bench

GONE = "This language model is not among the settings any more."


class Memory(Protocol):
    """Where answers that are there already are found; see `earlier.Earlier`."""

    async def find(self, agent: ModelAgent, question: Question) -> Result | None: ...


# Takes each result as it comes, by the agent's name, with its milliseconds.
Tell = Callable[[str, Result, int], Awaitable[None]]


async def nobody(name: str, result: Result, milliseconds: int) -> None:
    """Nobody wants to know before all have answered."""


@dataclass(frozen=True, slots=True)
class Means:
    """What one tenant's songs are judged with: its agents, its money, its memory, the confidence below which
    a local analyzer, or a model of a cascade, is not enough, and others' answers where it shares its own."""

    agents: Sequence[ModelAgent]
    purse: Purse
    memory: Memory
    below: float
    shared: SharedAnswers | None = None


def local(names: Iterable[str]) -> list[str]:
    """Those of the names that are local analyzers'."""
    return [name for name in names if "." not in name]


class Cascade:
    """Models are asked where a run names them, and where the local analyzer of their task is not confident
    enough: then one after the other, in the order of the settings, until one is. The critic is asked where
    it is named, after all others.
    """

    def __init__(self, agents: Sequence[ModelAgent]) -> None:
        from app.analysis.agents import graph  # LangGraph takes half a second, and few have models

        self.agents = tuple(agents)
        self._run = partial(graph.run, graph.graph())
        self._sitting = graph.Sitting

    def concerns(self, below: float, names: Collection[str], analysis: TrackAnalysis) -> bool:
        """Whether a model may be asked about the song that has been analysed locally."""
        return len(local(names)) < len(names) or bool(self._unsure(below, analysis.results))

    async def judge(
        self,
        lyrics: Lyrics,
        names: Collection[str],
        analysis: TrackAnalysis,
        means: Means,
        tell: Tell = nobody,
    ) -> TrackAnalysis:
        """`analysis` with what the models say, and the profile of all together. Raises nothing of theirs.

        A model whose result is in `analysis` already is not asked again.
        """
        sitting = _Sitting(lyrics, means, tell, dict(analysis.results), dict(analysis.durations_ms))
        named = [agent for agent in means.agents if agent.name in names]
        unnamed = [agent for agent in means.agents if agent.name not in names]
        bench: Bench = {
            "named": [agent for agent in named if agent.task.name != critic.TASK.name],
            "unsure": [
                [agent for agent in unnamed if agent.task.name == task]
                for task in sorted(self._unsure(means.below, analysis.results))
            ],
            "critics": [agent for agent in named if agent.task.name == critic.TASK.name],
        }
        await self._run(bench, self._sitting(sitting.hear, means.below))
        for name in sorted(set(names) - set(local(names)) - set(sitting.results)):
            await sitting.note(name, Result(Status.FAILED, error=GONE), 0)
        return TrackAnalysis(sitting.results, sitting.durations, Profile.of(sitting.results))

    def _unsure(self, below: float, results: Mapping[str, Result]) -> set[str]:
        tasks = {agent.task.name for agent in self.agents}
        return {name for name in tasks & set(results) if confidence(results[name]) < below}


@dataclass(slots=True)
class _Sitting:
    """One song before its judges."""

    lyrics: Lyrics
    means: Means
    tell: Tell
    results: dict[str, Result]
    durations: dict[str, int]

    async def hear(self, agent: ModelAgent, *, fit_alone: bool = False) -> Result | None:
        """The result, which is kept; `fit_alone` keeps none where the song can't be judged at all."""
        if agent.name in self.results:
            return self.results[agent.name]
        started = time.perf_counter()
        question = agent.question(self.lyrics, self.results)
        if isinstance(question, Result):
            if fit_alone:
                return None
            result = question
        else:
            result = await self.means.memory.find(agent, question) or await self._ask(agent, question)
        await self.note(agent.name, result, round((time.perf_counter() - started) * 1000))
        return result

    async def note(self, name: str, result: Result, milliseconds: int) -> None:
        self.results[name], self.durations[name] = result, milliseconds
        await self.tell(name, result, milliseconds)

    async def _ask(self, agent: ModelAgent, question: Question) -> Result:
        result, ours = await agent.judge_once(question, self.means.purse, self.means.shared)
        return result if ours else reused(result, question)
