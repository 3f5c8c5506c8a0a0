"""Work that ends when its client goes away."""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from api.patience import PATIENCE


class WhileConnected:
    """Cancels what runs in its block when the client goes, and with it a statement in Postgres.

    Most blocks end before PATIENCE does: only then is it worth a task to wait for the client's going.
    Raises ClientDisconnect then. Enter it when the request's body is read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: asyncio.Task[None] | None = None
        self._gone = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine runs in a task)
        self._task = task
        PATIENCE.begin(self, self._watch)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        PATIENCE.end(self)
        if self._waiting is not None:
            self._waiting.cancel()
        if self._gone and kind is asyncio.CancelledError and self._task.uncancel() == 0:
            raise ClientDisconnect from error

    def _watch(self) -> None:
        self._waiting = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
