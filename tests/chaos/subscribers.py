"""Clients that watch a tenant from its first event on, and resume where they were when they are cut off."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

QUERIES = (
    """subscription ($after: String) { analysisEvents(after: $after) { __typename ... on Event { cursor }
      ... on AnalysisCompleted { analysis { id analyzer { name } track { title } } }
      ... on RunProgressed { run { id } } ... on RunFinished { run { id status } } } }""",
    """subscription Brief ($after: String) { analysisEvents(after: $after) { __typename
      ... on Event { cursor at } } }""",
)
SILENCE_SECONDS = 30.0  # longer than a server's pings: then the connection is dead


@dataclass(slots=True)
class Subscriber:
    """`log` has the cursor and the type of each event, in the order of arrival."""

    urls: list[str]
    key: str
    query: str
    log: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    missed: int = 0

    @property
    def cursor(self) -> str:
        return self.log[-1][0] if self.log else "0-0"

    def hear(self, payload: Any) -> None:
        assert "errors" not in payload, payload
        event = payload["data"]["analysisEvents"]
        if event["__typename"] == "EventsMissed":
            self.missed += 1
        else:
            self.log.append((event["cursor"], event["__typename"]))

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self.connections += 1
            with suppress(OSError, WebSocketException, httpx.HTTPError, TimeoutError):
                await self.follow(random.choice(self.urls))
            await asyncio.sleep(random.uniform(0.05, 0.5))

    async def follow(self, url: str) -> None:
        raise NotImplementedError


class OverWebSocket(Subscriber):
    async def follow(self, url: str) -> None:
        address = url.replace("http", "ws") + "/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(address, subprotocols=[protocol], proxy=None, open_timeout=10) as socket:
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.key}"}}
            await socket.send(orjson.dumps(init).decode())
            payload = {"query": self.query, "variables": {"after": self.cursor}}
            begun = False
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = orjson.loads(await socket.recv())
                match message["type"]:
                    case "connection_ack" if not begun:
                        begun = True
                        subscribe = {"id": "1", "type": "subscribe", "payload": payload}
                        await socket.send(orjson.dumps(subscribe).decode())
                    case "ping":
                        await socket.send('{"type":"pong"}')
                    case "next":
                        self.hear(message["payload"])
                    case _:
                        return  # an error, or completed by the server: resume


class OverSSE(Subscriber):
    async def follow(self, url: str) -> None:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "text/event-stream"}
        if self.log:
            headers["Last-Event-ID"] = self.cursor
        body = {"query": self.query, "variables": {"after": "0-0"}}
        async with (
            httpx.AsyncClient(timeout=SILENCE_SECONDS) as http,
            http.stream("POST", f"{url}/graphql", json=body, headers=headers) as response,
        ):
            if response.status_code != 200:
                return
            async for line in response.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                payload = orjson.loads(line.removeprefix("data: "))
                if "errors" in payload and "data" not in payload:
                    return  # the operation has ended with an error: resume
                self.hear(payload)
