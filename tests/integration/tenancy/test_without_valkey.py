"""Valkey goes away: requests go on under the process's own limits, or are refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from app.embedded.valkey import EmbeddedValkey
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.quotas import Quotas, QuotaUnavailable
from tests.builders import new_tenant


async def test_requests_go_on_or_are_refused(database: Database) -> None:
    caller = Principal(await new_tenant(database), "t", "DEMO", uuid4(), "key", frozenset())
    told: list[str] = []
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedValkey(Path(folder) / "valkey")
        async with server as running, Redis.from_url(running.url) as valkey:
            local = Quotas(valkey, database, report=told.append)
            refusing = Quotas(valkey, database, without="refuse")
            assert not (await local.charge(caller, 1)).degraded
            assert not (await refusing.charge(caller, 1)).degraded
            # What these took along would pay for what follows, and nobody would notice.
            await local.settle()
            await refusing.settle()
            await server.stop()
            charges = [await local.charge(caller, 1) for _ in range(21)]
            assert all(charge.degraded for charge in charges)
            assert told == ["lost", *["local"] * 21]
            with pytest.raises(QuotaUnavailable):
                await refusing.charge(caller, 1)
            await server.start()
            await local.settle()
            assert told[-1] == "found"
            # The first answer was lost, and nobody knows whether it was booked: it is not booked again.
            assert await local.used_this_month(caller.tenant) == 2 + 20
            await local.close()
            await refusing.close()
