"""Points that a process takes along, spends by itself and brings home."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from app.embedded.valkey import EmbeddedValkey
from tenancy import purses, quotas
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.quotas import Limits, QuotaExceeded, Quotas
from tenancy.valkey import connect


@pytest.fixture
async def account(valkey_url: str, database: Database) -> AsyncIterator[Quotas]:
    async with connect(valkey_url) as client:
        quotas = Quotas(client, database)
        yield quotas
        await quotas.close()


def principal() -> Principal:
    return Principal(uuid4(), "t", "TEST", uuid4(), "key", frozenset())


async def calls(valkey: Redis) -> int:
    """How many scripts Valkey has run, for whomever."""
    return int((await valkey.info("commandstats")).get("cmdstat_evalsha", {}).get("calls", 0))


async def test_most_requests_are_paid_from_what_a_charge_took_along(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        quotas.LIMITS, "TEST", Limits(burst=10_000, refill=1, per_minute=20_000, per_month=90_000)
    )
    caller, charge = principal(), None
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedValkey(Path(folder) / "valkey")
        async with server as running, Redis.from_url(running.url) as valkey:
            account = Quotas(valkey, database)
            before = await calls(valkey)
            for n in range(1, 101):
                charge = await account.charge(caller, 10, "Feed")
                # As if each had been asked for: what is held is the caller's own.
                assert (charge.cost, charge.operation) == (10, "Feed")
                assert (charge.minute, charge.month) == (20_000 - 10 * n, 90_000 - 10 * n)
                assert charge.burst in (10_000 - 10 * n, 10_000 - 10 * n + 1)
            assert await calls(valkey) - before <= 5  # one to restore the month, one a purse
            await account.settle()
            today = datetime.now(UTC).date()
            assert await account.by_day(caller.tenant, today, today) == {today: 1000}
            assert await account.used_this_month(caller.tenant) == 1000
            await account.close()


async def test_processes_together_never_pass_a_limit_whatever_they_hold(
    account: Quotas, valkey_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        quotas.LIMITS, "TEST", Limits(burst=3000, refill=1, per_minute=9000, per_month=90_000)
    )
    caller, chance = principal(), random.Random(7)
    async with connect(valkey_url) as client:
        others = [account, *(Quotas(client, database) for _ in range(3))]
        used, began = 0, monotonic()

        async def spend(one: Quotas) -> None:
            nonlocal used
            for _ in range(200):
                try:
                    charge = await one.charge(caller, chance.choice((5, 20, 60)), "Feed")
                except QuotaExceeded:
                    continue
                unused = chance.choice((0, charge.cost // 2))
                one.give_back(caller, charge, unused)
                used += charge.cost - unused
                assert used <= 3000 + (monotonic() - began) + 1  # a point a second comes back

        await asyncio.gather(*(spend(one) for one in others))
        for one in others:
            await (one.settle() if one is account else one.close())
        # Nothing was held back from the caller for good, and all of it is counted once.
        assert used > 2900
        assert await account.used_this_month(caller.tenant) == used


async def test_nothing_is_taken_along_of_what_is_scarce(
    account: Quotas, valkey_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        quotas.LIMITS, "TEST", Limits(burst=1000, refill=1, per_minute=9000, per_month=90_000)
    )
    caller = principal()
    async with connect(valkey_url) as client:
        other = Quotas(client, database)
        await account.charge(caller, 520)
        await account.charge(caller, 10)
        # The other process finds all that is left of the burst.
        assert (await other.charge(caller, 470)).burst <= 1
        await other.close()


async def test_a_purse_goes_home_once_it_has_paid_often_or_is_old(
    account: Quotas, valkey_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        quotas.LIMITS, "TEST", Limits(burst=10_000, refill=1, per_minute=20_000, per_month=90_000)
    )
    often, seldom, today = principal(), principal(), datetime.now(UTC).date()
    async with connect(valkey_url) as client:
        elsewhere = Quotas(client, database)  # a process sees its own purses always, and others' at home

        async def seen() -> list[int]:
            return [
                sum((await elsewhere.by_day(caller.tenant, today, today)).values())
                for caller in (often, seldom)
            ]

        for caller, requests in ((often, 1 + purses.OFTEN), (seldom, purses.OFTEN)):
            for _ in range(requests):
                await account.charge(caller, 10, "Feed")
        assert await seen() == [10, 10]  # what was charged there
        await account.settle(due=True)
        assert await seen() == [10 * (1 + purses.OFTEN), 10]
        monkeypatch.setattr(purses, "SECONDS", 0.0)
        await account.settle(due=True)
        assert await seen() == [10 * (1 + purses.OFTEN), 10 * purses.OFTEN]
        await elsewhere.close()
