"""A deadline ends what takes too long, and mistakes nothing else for that."""

from __future__ import annotations

import asyncio

import pytest

from api.deadline import Deadline


async def test_what_ends_in_time_is_left_alone() -> None:
    with Deadline(5):
        await asyncio.sleep(0)
    with pytest.raises(KeyError), Deadline(5):
        raise KeyError


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError), Deadline(0.1):
        await asyncio.sleep(60)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0  # the task can wait for other things


async def test_whoever_is_cancelled_meanwhile_is_cancelled() -> None:
    async def work() -> None:
        with Deadline(60):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_deadline_around_it_that_comes_first_is_the_one_that_is_told() -> None:
    with pytest.raises(TimeoutError, match="outer"):
        try:
            async with asyncio.timeout(0.05):
                with Deadline(60):
                    await asyncio.sleep(60)
        except TimeoutError:
            raise TimeoutError("outer") from None
