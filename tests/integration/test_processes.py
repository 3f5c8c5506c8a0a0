"""Processes for work that computes: what one of them dies of harms no other call."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from app.processes import ProcessPool, WorkLost
from tests.processes import survivors


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def fill_memory() -> int:
    try:
        return len(bytearray(1 << 40))
    except MemoryError:
        return -1


async def test_a_call_that_kills_its_process_takes_no_other_with_it() -> None:
    pool = ProcessPool(2)
    try:
        others = [asyncio.create_task(pool.run(sleep, 0.2)) for _ in range(5)]
        for _ in range(3):
            with pytest.raises(WorkLost):
                await pool.run(die)
        assert len(set(await asyncio.gather(*others))) <= 4
    finally:
        pool.close()


async def test_a_call_that_does_not_end_is_ended() -> None:
    pool = ProcessPool(1, patience_seconds=1.0)
    try:
        pid = await pool.run(sleep, 0.0)
        with pytest.raises(WorkLost):
            await pool.run(sleep, 3600.0)
        assert await asyncio.to_thread(survivors, {pid}) == set()
        assert await pool.run(sleep, 0.0) != pid
    finally:
        pool.close()


async def test_a_call_that_is_cancelled_leaves_its_place() -> None:
    pool = ProcessPool(1)
    try:
        call = asyncio.create_task(pool.run(sleep, 3600.0))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool.run(sleep, 0.0) > 0
    finally:
        pool.close()


async def test_memory_is_bounded_so_that_the_kernel_need_not_choose_who_dies() -> None:
    pool = ProcessPool(1)
    try:
        assert await pool.run(fill_memory) == -1
    finally:
        pool.close()


async def test_what_a_call_raises_is_raised_here_and_its_process_stays() -> None:
    pool = ProcessPool(1)
    try:
        pid = await pool.run(sleep, 0.0)
        with pytest.raises(ValueError, match="negative"):
            await pool.run(sleep, -1.0)
        assert await pool.run(sleep, 0.0) == pid
    finally:
        pool.close()
