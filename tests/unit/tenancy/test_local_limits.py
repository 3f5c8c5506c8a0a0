"""Limits that a process keeps by itself: the same ones."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from tenancy.limits import LIMITS, Limits, QuotaExceeded
from tenancy.local_limits import LocalLimits
from tenancy.principals import Principal


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    limits = Limits(burst=100, refill=50, per_minute=150, per_month=400)
    monkeypatch.setitem(LIMITS, "TEST", limits)
    return limits


@pytest.fixture
def caller() -> Principal:
    return Principal(uuid4(), "t", "TEST", uuid4(), "key", frozenset())


def test_the_burst_is_the_keys_and_the_minute_the_tenants(caller: Principal) -> None:
    local = LocalLimits()
    first = local.charge(caller, 100, "Feed")
    assert (first.degraded, first.burst, first.minute, first.month) == (True, 0, 50, 300)
    with pytest.raises(QuotaExceeded) as refused:
        local.charge(caller, 50, "Feed")
    assert (refused.value.limit, refused.value.retry_after_seconds) == ("burst", 1)
    sibling = replace(caller, id=uuid4())
    with pytest.raises(QuotaExceeded) as refused:
        local.charge(sibling, 51, "Feed")
    assert (refused.value.limit, refused.value.remaining) == ("per_minute", 50)
    local.give_back(caller, 60)
    assert local.charge(sibling, 51, "Feed").minute == 59


def test_the_month_goes_on_from_what_is_durable(caller: Principal) -> None:
    local = LocalLimits()
    local.begin(caller.tenant, 350)
    with pytest.raises(QuotaExceeded) as refused:
        local.charge(caller, 51, "Feed")
    assert (refused.value.limit, refused.value.remaining) == ("per_month", 50)
    assert local.charge(caller, 50, "Feed").used_this_month == 400


def test_tenants_do_not_share(caller: Principal) -> None:
    local = LocalLimits()
    local.charge(caller, 100, "")
    assert local.charge(replace(caller, tenant=uuid4(), id=uuid4()), 100, "").minute == 50
