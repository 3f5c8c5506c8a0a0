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
from tenancy.principals import Principal
from tenancy.quotas import Limits, QuotaExceeded, Quotas


@pytest.fixture
async def valkey(valkey_server: ValkeyServer) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_server.url)
    yield client
    await client.aclose()


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    limits = Limits(burst=100, refill=50, per_minute=150, per_month=400)
    monkeypatch.setitem(quotas.LIMITS, "TEST", limits)
    return limits


def principal(tenant: UUID | None = None) -> Principal:
    return Principal(tenant or uuid4(), "t", "TEST", uuid4(), "key", frozenset())


async def test_a_charge_says_where_the_tenant_stands(valkey: Redis, limits: Limits) -> None:
    caller, account = principal(), Quotas(valkey)
    first, second = await account.charge(caller, 30), await account.charge(caller, 20)
    assert (first.cost, first.limit, first.remaining, first.used_this_month) == (30, 150, 120, 30)
    assert (second.remaining, second.used_this_month) == (100, 50)
    assert second.resets_at > datetime.now(UTC)
    assert await account.used_this_month(caller.tenant) == 50


async def test_the_burst_is_the_keys_own(valkey: Redis, limits: Limits) -> None:
    caller, account = principal(), Quotas(valkey)
    await account.charge(caller, 100)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(caller, 10)
    assert refused.value.limit == "burst"
    assert refused.value.remaining < 10
    sibling = replace(caller, key=uuid4())
    assert (await account.charge(sibling, 10)).used_this_month == 110


async def test_a_burst_comes_back_with_time(valkey: Redis, limits: Limits) -> None:
    caller, account = principal(), Quotas(valkey)
    await account.charge(caller, 100)
    await asyncio.sleep(0.3)  # 15 points at 50 a second
    await account.charge(caller, 10)


async def test_the_minute_is_shared_by_keys_and_nothing_is_charged_when_it_is_full(
    valkey: Redis, limits: Limits
) -> None:
    caller, account = principal(), Quotas(valkey)
    sibling = replace(caller, key=uuid4())
    await account.charge(caller, 100)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(sibling, 60)
    assert (refused.value.limit, refused.value.remaining) == ("per_minute", 50)
    assert 1 <= refused.value.retry_after_seconds <= 60
    assert (await account.charge(sibling, 50)).remaining == 0
    assert await account.used_this_month(caller.tenant) == 150


async def test_the_month_ends_too(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quotas.LIMITS, "TEST", Limits(burst=1000, refill=1000, per_minute=1000, per_month=90))
    caller, account = principal(), Quotas(valkey)
    await account.charge(caller, 60)
    with pytest.raises(QuotaExceeded) as refused:
        await account.charge(caller, 31)
    assert (refused.value.limit, refused.value.remaining) == ("per_month", 30)


async def test_tenants_do_not_share(valkey: Redis, limits: Limits) -> None:
    account = Quotas(valkey)
    await account.charge(principal(), 100)
    other = principal()
    assert (await account.charge(other, 100)).used_this_month == 100


async def test_many_at_once_never_pass_a_limit(valkey: Redis, limits: Limits) -> None:
    caller, account = principal(), Quotas(valkey)
    keys = [replace(caller, key=uuid4()) for _ in range(40)]
    outcomes = await asyncio.gather(*(account.charge(key, 10) for key in keys), return_exceptions=True)
    granted = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(granted) == 15
    assert await account.used_this_month(caller.tenant) == 150


async def test_days_add_up(valkey: Redis, limits: Limits) -> None:
    caller, account = principal(), Quotas(valkey)
    await account.charge(caller, 7)
    await account.charge(caller, 5)
    today = datetime.now(UTC).date()
    by_day = await account.by_day(caller.tenant, today.replace(day=1), today)
    assert by_day[today] == 12
    assert sum(by_day.values()) == 12
