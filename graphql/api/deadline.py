"""A block that may last so long and no longer."""

from __future__ import annotations

import asyncio
from types import TracebackType

from api.patience import PATIENCE


class Deadline:
    """What `asyncio.timeout` is, for blocks of which nearly all end at once and so need no timer.

    Raises TimeoutError where the block took more than `seconds`; a shorter time than PATIENCE's is that one.
    """

    __slots__ = ("_cancelling", "_due", "_expired", "_loop", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine runs in a task)
        self._task, self._cancelling = task, task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + self._seconds
        PATIENCE.begin(self, self._watch)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        PATIENCE.end(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _watch(self) -> None:
        self._timer = self._loop.call_at(self._due, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
