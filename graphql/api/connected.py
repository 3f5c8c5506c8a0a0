"""Work that ends when its client goes away."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive

GRACE_SECONDS = 0.05


class WhileConnected:
    """Cancels what runs in its block when the client goes, and with it a statement in Postgres.

    Most blocks end within GRACE_SECONDS: only then is it worth a task to wait for the client's going.
    Raises ClientDisconnect then. Enter it when the request's body is read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: asyncio.Task[None] | None = None
        self._gone = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine runs in a task)
        self._timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._watch, task)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._waiting is None:
            return
        self._waiting.cancel()
        task = asyncio.current_task()
        if self._gone and kind is asyncio.CancelledError and task is not None and task.uncancel() == 0:
            raise ClientDisconnect from error

    def _watch(self, task: asyncio.Task[Any]) -> None:
        self._waiting = asyncio.create_task(self._wait(task))

    async def _wait(self, task: asyncio.Task[Any]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        task.cancel()
