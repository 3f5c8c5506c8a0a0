"""Requests over connections that stay open, as fast as they are answered: a closed loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from urllib.parse import urlsplit

import orjson

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Request:
    """One POST of GraphQL, or GET of a peer that knows none, ready to be written to a socket."""

    content: bytes

    @classmethod
    def post(cls, url: str, body: dict[str, object], key: str | None = None) -> Request:
        content, authorization = orjson.dumps(body), f"Authorization: Bearer {key}\r\n" if key else ""
        return cls(
            f"POST {urlsplit(url).path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\n{authorization}Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )

    @classmethod
    def get(cls, url: str) -> Request:
        parts = urlsplit(url)
        return cls(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one load: seconds of each request in the order of their ends, and how long all took."""

    latencies: Sequence[float]
    seconds: float

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return sorted(self.latencies)[int(share * (len(self.latencies) - 1))] * 1000


async def answer_of(port: int, request: Request) -> bytes:
    """The body of one answer. Raises RuntimeError for a status other than 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.content)
        return await body_of(reader)
    finally:
        writer.close()


async def run(
    port: int, requests: Sequence[Request], seconds: float, connections: int = CONNECTIONS
) -> Outcome:
    """Raises RuntimeError as soon as an answer is not 200."""
    latencies: list[float] = []
    wanted, began = cycle(requests), perf_counter()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while perf_counter() - began < seconds:
            sent = perf_counter()
            writer.write(next(wanted).content)
            await body_of(reader)
            latencies.append(perf_counter() - sent)
        writer.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    return Outcome(latencies, perf_counter() - began)


async def body_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower()
    place = fields.find(b"content-length:")
    if place >= 0:
        body = await reader.readexactly(int(fields[place + 15 : fields.index(b"\r\n", place)]))
    else:
        body = await chunks(reader)
    if b" 200 " not in head[:15]:
        raise RuntimeError(f"{head.splitlines()[0].decode()}: {body[:300].decode()}")
    return body


async def chunks(reader: asyncio.StreamReader) -> bytes:
    """A body of unknown length, as Node sends it."""
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
