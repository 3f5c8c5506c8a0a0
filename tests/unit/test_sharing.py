"""What many ask for at one moment is made once, and never for those who ask for something else."""

from __future__ import annotations

import asyncio

import pytest

from api.execution.sharing import Sharing


class Maker:
    """Counts how often it makes; `go` lets it end."""

    def __init__(self) -> None:
        self.made = 0
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.made += 1
        made = self.made
        await self.go.wait()
        return made


async def test_all_who_ask_meanwhile_get_the_same() -> None:
    sharing, make = Sharing[int](60, 10), Maker()
    asking = [asyncio.create_task(sharing.get("a", make)) for _ in range(5)]
    await asyncio.sleep(0)
    make.go.set()
    assert await asyncio.gather(*asking) == [1] * 5
    assert await sharing.get("a", make) == 1
    assert await sharing.get("b", make) == 2


async def test_it_goes_on_for_the_others_when_one_goes() -> None:
    sharing, make = Sharing[int](60, 10), Maker()
    gone, stays = (asyncio.create_task(sharing.get("a", make)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    make.go.set()
    assert await stays == 1
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_what_is_old_or_beyond_the_most_is_made_anew() -> None:
    make = Maker()
    make.go.set()
    never = Sharing[int](-1, 10)
    assert [await never.get("a", make) for _ in range(2)] == [1, 2]
    few = Sharing[int](60, 2)
    assert [await few.get(key, make) for key in "abcbca"] == [3, 4, 5, 4, 5, 6]


async def test_a_failure_is_everybodys() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise OSError("away")

    sharing = Sharing[int](60, 10)
    told = await asyncio.gather(*(sharing.get("a", fail) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [OSError] * 3
