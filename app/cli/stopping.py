"""Ctrl-C and SIGTERM: the first ends things in order, the second at once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Coroutine
from typing import Any

import uvloop

from app.cli.terminal import say

ECHO_SECONDS = 1.0  # `timeout` and terminals send one signal to us and again to our group
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """`event` is set by the first signal; work that has not got anywhere yet can be raced against it."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._since = 0.0

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.request)

    def request(self) -> None:
        now = time.monotonic()
        if not self.event.is_set():
            self.event.set()
            self._since = now
            say("Stopping …")
        elif now - self._since > ECHO_SECONDS:
            say("Stopping at once.")
            os._exit(1)  # the kernel takes our children down: each has a parent-death signal

    async def unless_stopped(self, work: Awaitable[None]) -> bool:
        """Runs `work` to its end, or cancels it and answers False when a signal comes first."""
        task = asyncio.ensure_future(work)
        waiting = asyncio.ensure_future(self.event.wait())
        try:
            await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                return False
            await task  # raises what it raised
            return True
        finally:
            for each in (task, waiting):
                each.cancel()
            await asyncio.gather(task, waiting, return_exceptions=True)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs `main` on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)
