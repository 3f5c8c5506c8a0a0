"""Very many WebSockets in a process of their own: `client PORT`, told what to do line by line on stdin.

Frames are taken apart by hand: a client library would take longer for a message than the server that is
measured. Each order is answered by one line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import cast

import uvloop

AT = re.compile(rb'"at":"([^"]+)"')
TEXT, PING, PONG = 0x1, 0x9, 0xA
AT_ONCE = 100  # handshakes under way


def masked(text: bytes) -> bytes:
    """A text frame of a client; a mask of zeros changes nothing, and no proxy is in between."""
    length = len(text)
    head = bytes([0x81, 0x80 | length]) if length < 126 else bytes([0x81, 0xFE]) + length.to_bytes(2, "big")
    return head + bytes(4) + text


class Subscriber(asyncio.Protocol):
    """One socket: its handshake, its subscription, and the time that each of its events took."""

    def __init__(self, path: str, key: str | None, query: str, took: Callable[[float], None]) -> None:
        self._key, self._query, self._took = key, query, took
        self._head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"  # as browsers do
        )
        self._rest = b""
        self._upgraded = False
        self.events = 0
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._head.encode())

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("The server has closed the socket."))

    def say(self, message: dict[str, object]) -> None:
        self._transport.write(masked(json.dumps(message).encode()))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._upgraded = True
            if b"permessage-deflate" in head:
                raise ValueError("The server compresses, and this client can't.")
            if self._key is None:
                self.ready.set_result(None)
            else:
                self.say({"type": "connection_init", "payload": {"authorization": f"Bearer {self._key}"}})
        while len(data) >= 2:
            code = data[0] & 0x0F
            length, start = data[1] & 0x7F, 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + length:
                break
            self._take(code, data[start : start + length])
            data = data[start + length :]
        self._rest = data

    def _take(self, code: int, payload: bytes) -> None:
        if code == TEXT:
            self._hear(payload)
        elif code == PING:
            self._transport.write(bytes([0x80 | PONG, 0x80 | len(payload)]) + bytes(4) + payload)
        else:
            print(json.dumps({"unexpected": code}), file=sys.stderr)

    def _hear(self, text: bytes) -> None:
        found = AT.search(text)
        if found is not None:
            self.events += 1
            self._took(time.time() - datetime.fromisoformat(found[1].decode()).timestamp())
        elif b'"connection_ack"' in text:
            self.say({"id": "1", "type": "subscribe", "payload": {"query": self._query}})
            self.ready.set_result(None)
        elif b'"ping"' in text:
            self.say({"type": "pong"})
        elif text:
            print(json.dumps({"unexpected": text.decode(errors="replace")}), file=sys.stderr)


class Crowd:
    """All sockets of this process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._all: list[Subscriber] = []
        self._seconds: list[float] = []

    async def join(self, members: list[tuple[str, str | None, int]], query: str) -> dict[str, object]:
        """So many sockets for each path and key; answers when all of them are acknowledged."""
        # In turns, as they would come.
        most = max(sockets for _, _, sockets in members)
        wanted = [(path, key) for n in range(most) for path, key, sockets in members if n < sockets]
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(path: str, key: str | None) -> None:
            async with turns:
                subscriber = Subscriber(path, key, query, self._seconds.append)
                await asyncio.get_running_loop().create_connection(
                    lambda: subscriber, "127.0.0.1", self._port
                )
                await subscriber.ready
                self._all.append(subscriber)

        began = time.perf_counter()
        await asyncio.gather(*(one(path, key) for path, key in wanted))
        return {"seconds": time.perf_counter() - began}

    def count(self) -> dict[str, object]:
        return {"deaf": sum(not each.events for each in self._all)}

    def forget(self) -> dict[str, object]:
        self._seconds.clear()
        return {}

    def report(self) -> dict[str, object]:
        seconds = sorted(self._seconds) or [math.nan]
        at = {name: seconds[int(len(seconds) * share)] for name, share in (("p50", 0.5), ("p99", 0.99))}
        return {"delivered": len(self._seconds), **at, "worst": seconds[-1]}


async def obey(port: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb"))
    crowd = Crowd(port)
    orders = {"count": crowd.count, "forget": crowd.forget, "report": crowd.report}
    async for line in reader:
        order = json.loads(line)
        if order["do"] == "join":
            answer = await crowd.join(order["members"], order["query"])
        else:
            answer = orders[order["do"]]()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    gc.disable()  # it makes no circles, and would stand still with all of its sockets
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(obey(int(sys.argv[1])))
