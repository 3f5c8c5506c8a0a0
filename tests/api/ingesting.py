"""Clients of /ingest: one that sends all and then reads, as most do, and one that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from tests.builders import NUMBERS, VERSE
from tests.service import Service

NDJSON = "application/x-ndjson"
PATIENCE = 60.0


def entry(**parts: Any) -> dict[str, Any]:
    """A song that no other call has made."""
    number = next(NUMBERS)
    words = f"{VERSE}\nNumber {number}"
    return {"title": f"Song {number}", "artist": f"Singer {number}", "lyrics": words, **parts}


def lines(entries: Iterable[Any]) -> bytes:
    return b"".join((each if isinstance(each, bytes) else orjson.dumps(each)) + b"\n" for each in entries)


async def post(
    service: Service, key: str | None, body: bytes, path: str = "/ingest", **headers: str
) -> httpx.Response:
    authorization = {} if key is None else {"Authorization": f"Bearer {key}"}
    given = {"Content-Type": NDJSON, **authorization, **headers}
    return await service.http.post(path, content=body, headers=given, timeout=PATIENCE)


def told(response: httpx.Response) -> list[dict[str, Any]]:
    """Every line of the answer; the last one says how it ended."""
    assert response.status_code == 200, response.text
    return [orjson.loads(line) for line in response.text.splitlines()]


@dataclass(slots=True)
class Stream:
    """A request whose body is under way."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self.writer.drain()

    async def finish(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def hear(self) -> dict[str, Any]:
        """The next line of the answer."""
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await self.reader.readline()
                assert line, "the server has closed the connection"
                if line.startswith(b"{"):
                    heard: dict[str, Any] = orjson.loads(line)
                    return heard


@asynccontextmanager
async def streaming(service: Service, key: str, path: str = "/ingest") -> AsyncIterator[Stream]:
    """A request with its head sent and answered; leaving the block drops the connection."""
    address = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = [
        f"POST {path} HTTP/1.1", f"Host: {address.netloc}", f"Authorization: Bearer {key}",
        f"Content-Type: {NDJSON}", "Transfer-Encoding: chunked", "", "",
    ]  # fmt: skip
    writer.write("\r\n".join(head).encode())
    try:
        yield Stream(reader, writer)
    finally:
        writer.transport.abort()
