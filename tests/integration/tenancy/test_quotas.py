"""Points in Valkey: three limits at once, all or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from app.embedded.valkey import ValkeyServer
from tenancy import quotas
from tenancy.database import Database
from tenancy.ledger import prefix
from tenancy.principals import Principal
from tenancy.quotas import Limits, QuotaExceeded, Quotas
from tenancy.valkey import connect


@pytest.fixture
async def account(valkey_url: str, database: Database, limits: Limits) -> AsyncIterator[Quotas]:
    async with connect(valkey_url) as client:
        quotas = Quotas(client, database)
        yield quotas
        await quotas.close()


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    limits = Limits(burst=100, refill=50, per_minute=150, per_month=400)
    monkeypatch.setitem(quotas.LIMITS, "TEST", limits)
    return limits


def principal(tenant: UUID | None = None) -> Principal:
    return Principal(tenant or uuid4(), "t", "TEST", uuid4(), "key", frozenset())


async def test_a_charge_says_where_the_tenant_stands(account: Quotas, limits: Limits) -> None:
    caller = principal()
    first, second = await account.charge(caller, 30), await account.charge(caller, 20)
    assert (first.cost, first.limit, first.remaining, first.used_this_month) == (30, 150, 120, 30)
    assert (second.remaining, second.used_this_month) == (100, 50)
    assert second.resets_at > datetime.now(UTC)
    assert await account.used_this_month(caller.tenant) == 50


async def test_the_burst_is_the_keys_own(account: Quotas, limits: Limits) -> None:
    caller = principal()
    await account.charge(caller, 100)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(caller, 10)
    assert refused.value.limit == "burst"
    assert refused.value.remaining < 10
    sibling = replace(caller, id=uuid4())
    assert (await account.charge(sibling, 10)).used_this_month == 110


async def test_a_burst_comes_back_with_time(account: Quotas, limits: Limits) -> None:
    caller = principal()
    await account.charge(caller, 100)
    await asyncio.sleep(0.3)  # 15 points at 50 a second
    await account.charge(caller, 10)


async def test_the_minute_is_shared_by_keys_and_nothing_is_charged_when_it_is_full(
    account: Quotas, limits: Limits
) -> None:
    caller = principal()
    sibling = replace(caller, id=uuid4())
    await account.charge(caller, 100)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(sibling, 60)
    assert (refused.value.limit, refused.value.remaining) == ("per_minute", 50)
    assert 1 <= refused.value.retry_after_seconds <= 60
    assert (await account.charge(sibling, 50)).remaining == 0
    assert await account.used_this_month(caller.tenant) == 150


async def test_the_month_ends_too(account: Quotas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quotas.LIMITS, "TEST", Limits(burst=1000, refill=1000, per_minute=1000, per_month=90))
    caller = principal()
    await account.charge(caller, 60)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(caller, 31)
    assert (refused.value.limit, refused.value.remaining) == ("per_month", 30)


async def test_tenants_do_not_share(account: Quotas, limits: Limits) -> None:
    await account.charge(principal(), 100)
    other = principal()
    assert (await account.charge(other, 100)).used_this_month == 100


async def test_many_at_once_never_pass_a_limit(account: Quotas, limits: Limits) -> None:
    caller = principal()
    keys = [replace(caller, id=uuid4()) for _ in range(40)]
    granted = 0
    for at_once in (keys, keys):
        outcomes = await asyncio.gather(*(account.charge(key, 10) for key in at_once), return_exceptions=True)
        granted += sum(not isinstance(outcome, BaseException) for outcome in outcomes)
        assert granted <= 15
        await account.settle()  # what some keys hold is there for all
    assert granted == 15
    assert await account.used_this_month(caller.tenant) == 150


async def test_days_add_up(account: Quotas, limits: Limits) -> None:
    caller = principal()
    await account.charge(caller, 7)
    await account.charge(caller, 5)
    today = datetime.now(UTC).date()
    by_day = await account.by_day(caller.tenant, today.replace(day=1), today)
    assert by_day[today] == 12
    assert sum(by_day.values()) == 12


async def test_what_was_not_used_comes_back_with_the_next_charge(account: Quotas, limits: Limits) -> None:
    caller = principal()
    first = await account.charge(caller, 90, "Feed")
    account.give_back(caller, first, 80)
    second = await account.charge(caller, 90, "Feed")  # more than a burst, without what came back
    assert (second.used_this_month, second.remaining) == (100, 50)
    assert 0 <= second.burst < 5
    today = datetime.now(UTC).date()
    assert await account.by_day(caller.tenant, today, today) == {today: 100}


async def test_what_was_not_used_comes_back_without_another_charge(account: Quotas, limits: Limits) -> None:
    caller = principal()
    account.give_back(caller, await account.charge(caller, 90, "Feed"), 80)
    await account.settle()
    await account.settle()
    assert await account.used_this_month(caller.tenant) == 10
    sibling = replace(caller, id=uuid4())
    assert (await account.charge(sibling, 1)).remaining == 139
    assert (await account.charge(caller, 1)).burst >= 88


async def test_nothing_comes_back_twice_or_beyond_what_was_spent(account: Quotas, limits: Limits) -> None:
    caller = principal()
    charge = await account.charge(caller, 10)
    account.give_back(caller, charge, 500)
    await account.settle()
    after = await account.charge(caller, 1)
    assert (after.used_this_month, after.remaining, after.burst) == (1, 149, 99)


async def test_a_standing_names_the_nearest_limit(account: Quotas, limits: Limits) -> None:
    caller = principal()
    charge = await account.charge(caller, 60)
    assert charge.nearest[:2] == ("burst", 40)
    assert charge.nearest[2] == 2  # 60 points at 50 a second
    others = [replace(caller, id=uuid4()) for _ in range(4)]
    for other in others:
        charge = await account.charge(other, 20)
    assert charge.nearest[:2] == ("minute", 10)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(others[0], 20)
    assert refused.value.standing is not None
    assert (refused.value.standing.minute, refused.value.standing.cost) == (10, 0)


async def test_what_many_keys_give_back_is_booked_together_and_once(
    database: Database, limits: Limits, valkey_server: ValkeyServer
) -> None:
    callers = [principal() for _ in range(250)]
    async with Redis.from_url(valkey_server.url) as client:
        account = Quotas(client, database)
        charges = await asyncio.gather(*(account.charge(caller, 50, "Feed") for caller in callers))
        for caller, charge in zip(callers, charges, strict=True):
            account.give_back(caller, charge, 20)
        before = (await client.info("stats"))["total_reads_processed"]
        await account.settle()
        # Three rounds; each may take several reads, and other tests' servers ask a little, too.
        assert (await client.info("stats"))["total_reads_processed"] - before < len(callers) / 2
        await account.settle()
        used = [await account.used_this_month(caller.tenant) for caller in callers]
        await account.close()
    assert used == [30] * len(callers)


async def test_a_month_that_was_lost_is_restored_once_and_the_others_booked(
    account: Quotas, limits: Limits, valkey_url: str
) -> None:
    lost, kept = principal(), principal()
    for caller in (lost, kept):
        account.give_back(caller, await account.charge(caller, 50, "Feed"), 20)
    async with connect(valkey_url) as client:
        assert await client.delete(f"{prefix(lost.tenant)}:month:{datetime.now(UTC):%Y%m}") == 1
    await account.settle()
    assert await account.used_this_month(kept.tenant) == 30
    # Its charge was lost with the month: what was given back of it is left out too.
    assert await account.used_this_month(lost.tenant) == 0
