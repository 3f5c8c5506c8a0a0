"""Runs analyzers side by side as one LangChain graph and joins their results into a track's profile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.analysis import evidence
from app.analysis.analyzers.base import Analyzer
from app.analysis.profile import Profile
from app.analysis.results import Result, Status
from app.lyrics.text import Lyrics

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrackAnalysis:
    """One text's results by analyzer name, how long each took, and what those that completed say together."""

    results: dict[str, Result]
    durations_ms: dict[str, int]
    profile: Profile | None


class UnknownAnalyzer(LookupError):
    """No analyzer has one of the names asked for; `names` lists them."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"No analyzer is named {', '.join(names)}.")
        self.names = tuple(names)


class Orchestrator:
    """A fan-out over analyzers and a join, kept compiled for each choice of analyzers.

    The first construction imports LangChain (about a second), so build one a process, not one a request.
    """

    def __init__(self, analyzers: Sequence[Analyzer]) -> None:
        # Import here: the API process reads results all day and may never analyse.
        from langchain_core.runnables import RunnableLambda, RunnableParallel

        self._analyzers = {analyzer.name: analyzer for analyzer in analyzers}
        self._graphs: dict[tuple[str, ...], Runnable[Lyrics, TrackAnalysis]] = {}
        self._lambda: Any = RunnableLambda
        self._parallel: Any = RunnableParallel

    @property
    def names(self) -> tuple[str, ...]:
        """Every analyzer's name, in the order in which results come back."""
        return tuple(self._analyzers)

    def analyze(self, lyrics: Lyrics, names: Sequence[str] | None = None) -> TrackAnalysis:
        """Results of the analyzers `names` (all when None); raises UnknownAnalyzer.

        An analyzer that raises gives Status.FAILED and leaves the others alone. CPU-bound: call it in a
        thread or a worker process from async code.
        """
        wanted = self.names if names is None else tuple(name for name in self.names if name in set(names))
        unknown = sorted(set(names or ()) - set(self.names))
        if unknown:
            raise UnknownAnalyzer(unknown)
        if not wanted:
            return _join({})
        if wanted not in self._graphs:
            steps = {name: self._lambda(_step(self._analyzers[name])) for name in wanted}
            self._graphs[wanted] = self._parallel(steps) | self._lambda(_join)
        # Threads only help analyzers that wait (for a model); those that compute would fight over the GIL.
        waiting = sum(self._analyzers[name].kind != "LOCAL" for name in wanted)
        return self._graphs[wanted].invoke(lyrics, config={"max_concurrency": waiting + 1})


def _step(analyzer: Analyzer) -> Callable[[Lyrics], tuple[Result, int]]:
    def run(lyrics: Lyrics) -> tuple[Result, int]:
        # A local analyzer only computes: its own CPU time, without its wait for the other threads' turns.
        clock = time.thread_time if analyzer.kind == "LOCAL" else time.perf_counter
        started = clock()
        result = _guarded(analyzer, lyrics)
        return result, round((clock() - started) * 1000)

    return run


def _guarded(analyzer: Analyzer, lyrics: Lyrics) -> Result:
    try:
        result = analyzer.analyze(lyrics)
    except Exception as error:
        # Neither the message nor the traceback's values: both may quote the lyrics.
        log.error("analyzer %s failed: %s", analyzer.name, type(error).__name__)
        return Result(Status.FAILED, error=f"The {analyzer.name} analyzer stopped on an unexpected error.")
    if not all(evidence.holds(lyrics, item) for item in result.evidence):
        return Result(Status.FAILED, error=f"The {analyzer.name} analyzer quoted lines that the text lacks.")
    return result


def _join(outcomes: dict[str, tuple[Result, int]]) -> TrackAnalysis:
    results = {name: result for name, (result, _) in outcomes.items()}
    return TrackAnalysis(results, {name: ms for name, (_, ms) in outcomes.items()}, Profile.of(results))
