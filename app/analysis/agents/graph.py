"""The way of one song through the language models, as a LangGraph graph.

    begin ─┬─ named ────┬─ critics
           └─ unsure ◁┐ ┘
                └─────┘ the next model of the cascade

Models that a run names are asked all at once; where a local analyzer is unsure, one after the other until one
is confident enough; critics when all others have answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send
from langsmith import tracing_context

from app.analysis.agents.agent import ModelAgent
from app.analysis.confidence import confidence
from app.analysis.results import Result


class Hear(Protocol):
    """Asks about one song, and keeps what is said."""

    async def __call__(self, agent: ModelAgent, *, fit_alone: bool = False) -> Result | None: ...


@dataclass(frozen=True, slots=True)
class Sitting:
    """What all steps of one song share. An answer whose confidence is not below `below` ends a cascade."""

    hear: Hear
    below: float


class Bench(TypedDict):
    """Who is to be asked: those that are named, the cascade of each unsure task, and critics."""

    named: Sequence[ModelAgent]
    unsure: Sequence[Sequence[ModelAgent]]
    critics: Sequence[ModelAgent]


class Asked(TypedDict):
    """The model to ask now, and those that come after it."""

    models: Sequence[ModelAgent]


def graph() -> CompiledStateGraph[Bench, Sitting, Bench, Bench]:
    """Compiled once for all songs: what it works on is a `Bench`, its context a `Sitting`."""

    async def named(state: Asked, *, runtime: Runtime[Sitting]) -> None:
        await runtime.context.hear(state["models"][0])

    async def unsure(state: Asked, *, runtime: Runtime[Sitting]) -> Command[str]:
        model, *others = state["models"]
        result = await runtime.context.hear(model, fit_alone=True)
        settled = result is not None and confidence(result) >= runtime.context.below
        return Command(goto=[Send("unsure", Asked(models=others))] if others and not settled else [])

    async def critics(state: Bench, *, runtime: Runtime[Sitting]) -> None:
        for critic in state["critics"]:
            await runtime.context.hear(critic)

    def begin(bench: Bench) -> list[Send | str]:
        calls: list[Send | str] = [Send("named", Asked(models=[model])) for model in bench["named"]]
        calls += [Send("unsure", Asked(models=models)) for models in bench["unsure"] if models]
        return calls or ["critics"]

    builder = StateGraph(Bench, context_schema=Sitting)
    builder.add_node("named", named, input_schema=Asked)
    builder.add_node("unsure", unsure, input_schema=Asked, destinations=("unsure",))
    builder.add_node("critics", critics, defer=True)  # once nobody is being asked any more
    builder.add_conditional_edges(START, begin, ["named", "unsure", "critics"])
    builder.add_edge("named", "critics")
    builder.add_edge("unsure", "critics")
    builder.add_edge("critics", END)
    return builder.compile()


async def run(
    compiled: CompiledStateGraph[Bench, Sitting, Bench, Bench], bench: Bench, sitting: Sitting
) -> None:
    """Raises what asking raises."""
    # Whatever the environment says, no lyrics go to a tracing service. A cascade has a step for each model.
    with tracing_context(enabled=False):
        await compiled.ainvoke(bench, {"recursion_limit": 1_000}, context=sitting)
