"""The process with the sockets, told what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.reading import processes


@dataclass(frozen=True, slots=True)
class Member:
    """So many sockets to one path; without a key they only listen."""

    path: str
    key: str | None
    sockets: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Deliveries, and the seconds that they took."""

    delivered: int
    p50: float
    p99: float
    worst: float


class Crowd:
    """All sockets of a client."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def join(self, members: Sequence[Member], query: str = "") -> float:
        """Returns when all are acknowledged, with the seconds that it took."""
        wanted = [[member.path, member.key, member.sockets] for member in members]
        return float((await self._tell("join", members=wanted, query=query))["seconds"])

    async def deaf(self) -> int:
        """How many have heard of no event yet."""
        return int((await self._tell("count"))["deaf"])

    async def forget(self) -> None:
        """What was heard up to now is not counted."""
        await self._tell("forget")

    async def heard(self) -> Heard:
        return Heard(**await self._tell("report"))

    async def _tell(self, do: str, **more: Any) -> dict[str, Any]:
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise RuntimeError("The client has no pipes.")
        writer.write(json.dumps({"do": do, **more}).encode() + b"\n")
        line = await reader.readline()
        if not line:
            raise RuntimeError("The client has ended; its errors are above.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def crowd(port: int) -> AsyncIterator[Crowd]:
    process = await asyncio.create_subprocess_exec(
        *processes.python("bench.subscribers.client", str(port)),
        cwd=processes.PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Crowd(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
