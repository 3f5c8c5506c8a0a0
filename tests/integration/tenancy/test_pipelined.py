"""Calls of one moment travel together, and none of them suffers from another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.embedded.valkey import ValkeyServer
from tenancy.pipelined import PipelinedScript
from tenancy.valkey import AWAY, Valkey, connect

# Adds to a counter, and refuses what is below zero.
ADD = """if tonumber(ARGV[1]) < 0 then return redis.error_reply('NEGATIVE') end
return redis.call('incrby', KEYS[1], ARGV[1])"""


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Valkey]:
    async with connect(valkey_url) as valkey:
        yield valkey


async def test_each_call_has_its_own_answer_in_the_order_of_the_calls(valkey: Valkey) -> None:
    add, key = PipelinedScript(valkey, ADD), f"test:{uuid4()}"
    assert await asyncio.gather(*(add([key], [n]) for n in (1, 2, 3))) == [1, 3, 6]
    assert await add([key], [4]) == 10


async def test_calls_of_one_moment_need_one_round_trip(valkey_server: ValkeyServer) -> None:
    async with Redis.from_url(valkey_server.url) as valkey:
        add, key = PipelinedScript(valkey, ADD), f"test:{uuid4()}"
        await add([key], [0])
        before = (await valkey.info("stats"))["total_reads_processed"]
        await asyncio.gather(*(add([key], [1]) for _ in range(50)))
        # One for the calls, one for the question itself; others use it too, but not fifty at this moment.
        assert (await valkey.info("stats"))["total_reads_processed"] - before < 50
        assert await valkey.get(key) == b"50"


async def test_a_call_that_fails_leaves_the_others_alone(valkey: Valkey) -> None:
    add, key = PipelinedScript(valkey, ADD), f"test:{uuid4()}"
    found = await asyncio.gather(*(add([key], [n]) for n in (1, -1, 2)), return_exceptions=True)
    assert (found[0], found[2]) == (1, 3)
    assert isinstance(found[1], ResponseError)


async def test_a_valkey_that_has_forgotten_the_script_gets_it_again(valkey: Valkey) -> None:
    add, key = PipelinedScript(valkey, ADD), f"test:{uuid4()}"
    await add([key], [1])
    await valkey.script_flush()
    assert list(await asyncio.gather(add([key], [1]), add([key], [1]))) == [2, 3]


async def test_whoever_has_gone_before_the_round_is_not_charged(valkey: Valkey) -> None:
    add, key = PipelinedScript(valkey, ADD), f"test:{uuid4()}"
    gone, stays = asyncio.create_task(add([key], [5])), asyncio.create_task(add([key], [1]))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "redis+cluster://127.0.0.1:1,127.0.0.1:2"])
async def test_without_valkey_every_call_says_so_and_later_ones_are_sent(url: str) -> None:
    away = connect(url)
    add = PipelinedScript(away, ADD)
    for _ in range(2):
        found = await asyncio.gather(*(add(["key"], [1]) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(error, AWAY) for error in found)
    await away.aclose()
