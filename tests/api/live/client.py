"""A client of graphql-transport-ws that hides nothing: it says what it is told to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE = 20.0  # seconds until a test gives up


@dataclass(slots=True)
class Socket:
    connection: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def subscribe(self, id_: str, query: str, **variables: Any) -> None:
        await self.say(id=id_, type="subscribe", payload={"query": query, "variables": variables})

    async def ask(self, id_: str, **payload: Any) -> None:
        """Subscribes with any payload."""
        await self.say(id=id_, type="subscribe", payload=payload)

    async def hear(self) -> Any:
        """The next message; every frame has to be text. Pings of the server are passed by."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.connection.recv()
                assert isinstance(frame, str)
                message = orjson.loads(frame)
                if message != {"type": "ping"}:
                    return message

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server closes."""
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionClosed) as closed:
                await self._to_the_end()
        assert closed.value.rcvd is not None, "the server dropped the connection"
        return closed.value.rcvd.code, closed.value.rcvd.reason

    async def _to_the_end(self) -> None:
        while True:
            await self.connection.recv()


@asynccontextmanager
async def opened(url: str, key: str | None = None, **options: Any) -> AsyncIterator[Socket]:
    """A socket; with a key, one that is acknowledged."""
    options = {"subprotocols": [Subprotocol("graphql-transport-ws")], "proxy": None, **options}
    async with connect(url, **options) as connection:
        socket = Socket(connection)
        if key is not None:
            await socket.say(type="connection_init", payload={"authorization": f"Bearer {key}"})
            assert await socket.hear() == {"type": "connection_ack"}
        yield socket
