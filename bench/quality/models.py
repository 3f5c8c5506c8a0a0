"""Asks the language model of `bench.local_model` about some of the labelled songs, and the local analyzers
about the same.

Run `python -m bench.quality.models [emotion|themes|content …] [--songs 12] [--write]`. Without a graphics
card an answer takes the model from ten seconds to minutes, so that there are few songs, and wide intervals:
they tell whether a model of this size is of use, and no more.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from app.analysis import batch
from app.analysis.agents import model_agents
from app.analysis.agents.agent import ModelAgent, Question
from app.analysis.results import ContentDetails, Result, Status, ThemeDetails
from bench import local_model, results
from bench.quality import labels
from bench.quality.labels import Song
from bench.quality.statistics import Counts, Figure, f1, figure, share

HEAD = ("agent", "by", "items", "measure", "value (95 %)")
SEED = 20
Judged = Sequence[tuple[Result, Song]]


class Free:
    """A purse for what costs nothing."""

    owner = "bench"

    async def reserve(self, usd: float) -> Callable[[float], Awaitable[None]]:
        async def settle(spent: float) -> None:
            pass

        return settle


@dataclass(frozen=True, slots=True)
class Said:
    """What a model has said about each song, and the seconds that each answer took."""

    judged: Judged
    seconds: Sequence[float]

    @property
    def dropped(self) -> float:
        scores = [score for result, _ in self.judged for score in result.scores]
        return sum(score.value for score in scores if score.name == "dropped_quotes")


def sample(songs: int) -> list[Song]:
    """As many English as Russian songs, the same ones every time."""
    chance = random.Random(SEED)
    every = labels.songs()
    by_language = [[song for song in every if f"/{language}/" in song.key] for language in ("en", "ru")]
    return [song for some in by_language for song in chance.sample(some, songs // 2)]


async def by_model(agent: ModelAgent, songs: Sequence[Song]) -> Said:
    judged, seconds = [], []
    for song in songs:
        question = agent.question(song.lyrics, {})
        started = time.perf_counter()
        result = await agent.judge(question, Free()) if isinstance(question, Question) else question
        seconds.append(time.perf_counter() - started)
        judged.append((result, song))
        print(f"  {agent.name:<18}{song.key:<48}{result.status} {result.error or ''}", flush=True)
    return Said(judged, seconds)


def by_analyzer(name: str, songs: Sequence[Song]) -> Judged:
    texts = [batch.Text("\n".join(song.lyrics.original_lines), None, song.lyrics.language) for song in songs]
    found = batch.analyze(texts, [name])
    return [(analysis.results[name], song) for (_, analysis), song in zip(found, songs, strict=True)]


def emotion(by: str, judged: Judged) -> Iterator[Figure]:
    right = [result.sentiment == song.sentiment for result, song in judged]
    yield figure("emotion", by, "sentiment right of all", right, share)


def themes(by: str, judged: Judged) -> Iterator[Figure]:
    named = [(_themes(result), song.themes) for result, song in judged]
    strongest = [bool(found) and found[0] in true for found, true in named]
    yield figure("themes", by, "strongest right", strongest, share)
    yield figure("themes", by, "F1", [_counts(set(found), true) for found, true in named], f1)


def content(by: str, judged: Judged) -> Iterator[Figure]:
    right = [_explicit(result) == song.explicit for result, song in judged]
    yield figure("content", by, "explicit or not right", right, share)


FIGURES = {"emotion": emotion, "themes": themes, "content": content}


def figures(task: str, by: str, judged: Judged) -> Iterator[Figure]:
    """What is not answered is not right."""
    yield figure(task, by, "answered", [result.status is Status.COMPLETED for result, _ in judged], share)
    yield from FIGURES[task](by, judged)


def _themes(result: Result) -> list[str]:
    details = result.details
    return [label.name for label in details.themes] if isinstance(details, ThemeDetails) else []


def _counts(found: set[str], true: frozenset[str]) -> Counts:
    return Counts(len(found & true), len(found - true), len(true - found))


def _explicit(result: Result) -> bool | None:
    return result.details.explicit if isinstance(result.details, ContentDetails) else None


async def every_task(tasks: Sequence[str], songs: Sequence[Song]) -> dict[str, Said]:
    """A task at a time: its prompt stays in the server's cache."""
    with local_model.served() as address:
        agents = {agent.task.name: agent for agent in model_agents([local_model.model(address)])}
        return {task: await by_model(agents[task], songs) for task in tasks}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "tasks", nargs="*", metavar="task", help=f"of {', '.join(FIGURES)}; all when left out"
    )
    parser.add_argument("--songs", type=int, default=12, help="how many, half of them Russian")
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md; needs all tasks")
    arguments = parser.parse_args()
    unknown = set(arguments.tasks) - set(FIGURES)
    if unknown:
        parser.error(f"no task is named {', '.join(sorted(unknown))}")
    if arguments.write and arguments.tasks:
        parser.error("--write measures all tasks")
    songs = sample(arguments.songs)
    said = asyncio.run(every_task(arguments.tasks or list(FIGURES), songs))
    rows = []
    for task, answers in said.items():
        for by, judged in ((local_model.NAME, answers.judged), ("local analyzer", by_analyzer(task, songs))):
            rows += [found.cells() for found in figures(task, by, judged)]
    seconds = median(each for answers in said.values() for each in answers.seconds)
    dropped = sum(answers.dropped for answers in said.values())
    tail = f"Median of an answer: {seconds:.0f} s. Quotes that the songs do not hold, dropped: {dropped:.0f}."
    text = f"{results.table(HEAD, rows)}\n{tail}\n"
    print(text)
    if arguments.write:
        command = f"`python -m bench.quality.models --songs {arguments.songs} --write`"
        results.write("A language model on this machine", command, text)


if __name__ == "__main__":
    main()
