"""Blocks that last are noticed; those that end in time are not."""

from __future__ import annotations

import asyncio

from api.patience import Patience


async def test_only_a_block_that_lasts_is_called_back() -> None:
    patience, called, lasted = Patience(0.01), list[str](), asyncio.Event()
    patience.begin("quick", lambda: called.append("quick"))
    patience.begin("slow", lasted.set)
    patience.end("quick")
    await lasted.wait()
    assert called == []


async def test_blocks_that_begin_later_are_not_forgotten() -> None:
    patience, lasted = Patience(0.01), [asyncio.Event() for _ in range(3)]
    for number, event in enumerate(lasted):
        patience.begin(number, event.set)
        await asyncio.sleep(0.004)
    for event in lasted:
        await event.wait()
    again = asyncio.Event()
    patience.begin("after a pause in which there were none", again.set)
    await again.wait()


def test_it_serves_one_loop_after_another() -> None:
    patience = Patience(0.01)

    async def lasting() -> None:
        lasted = asyncio.Event()
        patience.begin(lasted, lasted.set)
        await lasted.wait()

    async def cut_short() -> None:
        patience.begin("left behind", lambda: None)

    asyncio.run(lasting())
    asyncio.run(cut_short())
    asyncio.run(lasting())
