"""The frames of one WebSocket, as messages of graphql-transport-ws."""

from __future__ import annotations

import asyncio

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.messages import Message, read, write


class Frames:
    """What comes and goes."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._clock = asyncio.get_running_loop().time
        self._heard = self._clock()

    @property
    def silence(self) -> float:
        """Seconds without a word from the client."""
        return self._clock() - self._heard

    async def next(self) -> Message:
        """The client's next message; a ping is answered here. Raises Closing or WebSocketDisconnect."""
        while True:
            frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame["code"])
            self._heard = self._clock()
            message = read(frame.get("text"))
            if message.type != "ping":
                return message
            payload = None if message.payload is None else orjson.dumps(message.payload)
            await self.send("pong", payload=payload)

    async def send(self, type_: str, id_: str | None = None, payload: bytes | None = None) -> None:
        await self._socket.send_text(write(type_, id_, payload))
