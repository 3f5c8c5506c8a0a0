"""A client in a process of its own, for tests that kill it: URL, key and number of sockets are its arguments.

It holds so many sockets open, each with one subscription, and a stream of events besides, and says "held"
once it has an answer on each of them.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

import httpx

from tests.api.live.client import opened

FOLLOW = "subscription { analysisEvents { ... on Event { cursor } } }"


async def hold(url: str, key: str, sockets: int) -> None:
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    async with AsyncExitStack() as stack:
        for _ in range(sockets):
            socket = await stack.enter_async_context(opened(url.replace("http", "ws") + "/graphql", key))
            await socket.subscribe("1", FOLLOW)
            await socket.subscribe("2", "{ viewer { principal } }")
            assert [(await socket.hear())["type"] for _ in range(2)] == ["next", "complete"]
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=headers))
        stream = await stack.enter_async_context(http.stream("POST", "/graphql", json={"query": FOLLOW}))
        assert await anext(stream.aiter_lines()) == ":", stream.status_code
        print("held", flush=True)  # noqa: T201 - what the test waits for
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1], sys.argv[2], int(sys.argv[3])))
