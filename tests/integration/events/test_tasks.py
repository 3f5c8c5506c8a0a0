"""Tasks that swallow a cancellation end all the same."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from redis.asyncio import Redis

from app.events.tasks import end


async def test_a_task_that_swallows_cancellations_is_ended() -> None:
    async def stubborn() -> None:
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task)
    assert task.cancelled()


async def test_a_task_is_ended_in_the_midst_of_a_command(valkey: Redis) -> None:
    async def ask() -> None:
        await valkey.ping()
        await asyncio.Event().wait()

    for steps in range(30):
        task = asyncio.create_task(ask())
        for _ in range(steps):
            await asyncio.sleep(0)
        await end(task)
        assert task.cancelled()


async def test_what_tasks_raise_is_dropped() -> None:
    async def fail() -> None:
        raise ValueError

    failed = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await end(failed, asyncio.create_task(fail()), asyncio.create_task(asyncio.sleep(0)))
