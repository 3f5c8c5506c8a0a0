"""The lines of a request's body, as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from app.events.tasks import end
from app.importers.splitting import Gunzip, Splitter

TICK_SECONDS = 0.5
IDLE_SECONDS = 300.0
DRAIN_SECONDS = 5.0


class TooQuiet(Exception):
    """Nothing has come for five minutes. Open another stream when there is more."""


class Body:
    """A request's body. The server reads on from the client only when a part is asked for here."""

    def __init__(self, receive: Receive, *, gzip: bool) -> None:
        self._receive = receive
        self._gunzip = Gunzip() if gzip else None
        self._splitter = Splitter()
        self._next: asyncio.Task[Message] | None = None
        self._ended = False

    async def lines(self) -> AsyncIterator[list[bytes | str]]:
        """Lines as soon as they are whole, and now and then none at all, while nothing comes.

        Raises ClientDisconnect, TooQuiet, and what undoing and splitting raise.
        """
        clock = asyncio.get_running_loop().time
        heard = clock()
        while not self._ended:
            message = await self._part()
            if message is None:
                if clock() - heard > IDLE_SECONDS:
                    raise TooQuiet(TooQuiet.__doc__)
                yield []
                continue
            heard = clock()
            for piece in self._pieces(message.get("body", b"")):
                yield list(self._splitter.feed(piece))
        if self._gunzip is not None:
            self._gunzip.end()
        yield list(self._splitter.end())

    async def drain(self) -> None:
        """Takes what is still on its way, for a moment: a connection that is closed on unread bytes loses
        what was just said on it."""
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._ended:
                    await self._part()

    async def close(self) -> None:
        if self._next is not None:
            await end(self._next)

    def _pieces(self, chunk: bytes) -> Any:
        return [chunk] if self._gunzip is None else self._gunzip.feed(chunk)

    async def _part(self) -> Message | None:
        """None when nothing has come for a tick; what is waited for comes with a later call."""
        self._next = self._next or asyncio.create_task(self._receive())  # type: ignore[arg-type]
        done, _ = await asyncio.wait({self._next}, timeout=TICK_SECONDS)
        if not done:
            return None
        message, self._next = self._next.result(), None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._ended = not message.get("more_body", False)
        return message
