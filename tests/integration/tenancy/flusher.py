"""A flusher in a process of its own, to be killed: `python -m …flusher <database> <valkey>`."""

from __future__ import annotations

import asyncio
import sys

from redis.asyncio import Redis

from tenancy import usage
from tenancy.database import Database


async def run(database_url: str, valkey_url: str) -> None:
    usage.EVERY_SECONDS = 0.005
    database = Database(database_url)
    async with Redis.from_url(valkey_url) as valkey:
        print("flushing", flush=True)  # noqa: T201 - the test waits for it
        await usage.keep_flushing(database, valkey, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
