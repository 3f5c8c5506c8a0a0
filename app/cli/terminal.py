"""What a person sees while something takes time: a live line on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

PLAIN_SECONDS = 3.0  # between two lines of a progress that nobody watches live


def say(line: str) -> None:
    """One line on stderr; stdout is for results. Nobody may be left to read it: that stops nothing."""
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Names what is being done, and how long it took once it is."""
    started = time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(f"{doing} …"):
            yield
    else:
        yield
    say(f"{doing}: done in {time.monotonic() - started:.1f} s")


class Progress:
    """Units done of a total, their rate and the time left.

    `done` of `total` drives the bar and may be bytes; `count` is what the rate is about.
    """

    def __init__(self, doing: str, unit: str, total: float) -> None:
        self.doing, self.unit, self.total = doing, unit, max(total, 1)
        self.count = 0
        self._done = 0.0
        self._started = self._told = time.monotonic()
        self._bars: Bars | None = live_bars() if sys.stderr.isatty() else None
        if self._bars is not None:
            self._bars.start()
            self._task = self._bars.add_task(doing, total=self.total, told="")

    def update(self, done: float, count: int) -> None:
        self._done, self.count = done, count
        if self._bars is not None:
            self._bars.update(self._task, completed=done, told=self.told())
        elif time.monotonic() - self._told >= PLAIN_SECONDS:
            self._told = time.monotonic()
            say(f"{self.doing}: {min(1.0, done / self.total):.0%}, {self.told()}")

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._started, 1e-6)

    def told(self) -> str:
        if not self.count:
            return f"begun {clock(self.seconds)} ago"
        rate = self.count / self.seconds
        share = min(1.0, self._done / self.total)
        left = f", {clock(self.seconds / share - self.seconds)} left" if share > 0 else ""
        return f"{self.count:,} {self.unit}, {rate:,.0f}/s{left}"


def live_bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}"),
        console=Console(stderr=True),
        transient=True,
    )


def clock(seconds: float) -> str:
    """ "45 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
