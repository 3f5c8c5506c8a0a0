"""What to do about work that takes longer than most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable


class Patience:
    """Calls `then` for a block that lasts longer than `seconds`, before twice that time is over.

    Nearly all blocks end sooner. They share one timer: it would cost each a few µs to have its own.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._blocks: dict[Hashable, tuple[float, Callable[[], object]]] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, block: Hashable, then: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        self._blocks[block] = loop.time(), then
        if self._timer is None or self._loop is not loop:
            self._loop, self._timer = loop, loop.call_later(self._seconds, self._look, loop)

    def end(self, block: Hashable) -> None:
        self._blocks.pop(block, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for block, (since, then) in list(self._blocks.items()):
            if now - since < self._seconds:
                break
            del self._blocks[block]
            then()
        self._timer = loop.call_later(self._seconds, self._look, loop) if self._blocks else None


PATIENCE = Patience(0.05)
