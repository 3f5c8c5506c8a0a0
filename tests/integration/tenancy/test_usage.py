"""Usage is durable: whoever is killed, at most a flush interval is lost, and nothing counts twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.embedded.process import is_alive
from app.embedded.valkey import EmbeddedValkey, ValkeyServer
from tenancy import ledger, usage
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.quotas import Quotas
from tenancy.unflushed import Unflushed
from tenancy.valkey import connect
from tests.builders import new_tenant

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
async def caller(database: Database) -> Principal:
    return Principal(await new_tenant(database), "t", "DEMO", uuid4(), "key", frozenset())


@asynccontextmanager
async def counting(database: Database, url: str) -> AsyncIterator[tuple[Any, Quotas]]:
    async with connect(url) as valkey:
        quotas = Quotas(valkey, database)
        yield valkey, quotas
        await quotas.close()


async def rows(database: Database, tenant: UUID) -> dict[tuple[UUID, str], tuple[int, int]]:
    async with database.reading(tenant) as connection:
        found = await connection.fetch("select * from usage where tenant_id = $1", tenant)
    return {(row["key_id"], row["operation"]): (row["points"], row["requests"]) for row in found}


async def killed(server: EmbeddedValkey) -> None:
    """Kills Valkey as a crash would, and starts it again on its port."""
    pid = int((server.data_dir / "pid").read_text())
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):  # noqa: ASYNC110 - another process has no event to wait for
        await asyncio.sleep(0.01)
    await server.stop()
    await server.start()


async def found_again(quotas: Quotas, valkey: Redis) -> None:
    """Until the account is kept in Valkey again."""
    nobody = Principal(uuid4(), "t", "DEMO", uuid4(), "key", frozenset())
    await quotas.charge(nobody, 1)  # notices that the connections are dead
    await valkey.connection_pool.disconnect()
    async with asyncio.timeout(20):
        while quotas.degraded:
            try:
                await quotas.settle()
            except (RedisError, OSError):
                await asyncio.sleep(0.05)


async def test_totals_are_kept_by_day_key_and_operation(
    database: Database, caller: Principal, valkey_url: str
) -> None:
    async with counting(database, valkey_url) as (valkey, quotas):
        charge = await quotas.charge(caller, 30, "Feed")
        await quotas.charge(caller, 20, "Feed")
        await quotas.charge(caller, 5)
        quotas.give_back(caller, charge, 12)
        await quotas.settle()
        assert await usage.flush(database, valkey) >= 2
        expected = {(caller.id, "Feed"): (38, 2), (caller.id, ""): (5, 1)}
        assert await rows(database, caller.tenant) == expected
        assert await Unflushed(valkey).tenants([caller.tenant]) == []
        await usage.flush(database, valkey)
        assert await rows(database, caller.tenant) == expected
        today = datetime.now(UTC).date()
        await quotas.charge(caller, 7, "Feed")
        # What is durable, and what is not yet.
        assert await quotas.by_day(caller.tenant, today, today) == {today: 50}


async def test_names_beyond_the_bound_count_as_other(
    database: Database, caller: Principal, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MAX_NAMES", 2)
    async with counting(database, valkey_url) as (valkey, quotas):
        for name in ("a", "b", "c", "d", "a", ""):
            charge = await quotas.charge(caller, 10, name)
            quotas.give_back(caller, charge, 1)
        await quotas.settle()
        await usage.flush(database, valkey)
    expected = {"a": (18, 2), "b": (9, 1), "other": (18, 2), "": (9, 1)}
    stored = await rows(database, caller.tenant)
    assert {name: totals for (_, name), totals in stored.items()} == expected


async def test_tenants_see_their_own_usage_alone(
    database: Database, caller: Principal, valkey_url: str
) -> None:
    stranger = await new_tenant(database)
    async with counting(database, valkey_url) as (valkey, quotas):
        await quotas.charge(caller, 30, "Secret")
        await usage.flush(database, valkey)
        today = datetime.now(UTC).date()
        assert await quotas.by_day(stranger, today, today) == {today: 0}
        assert await quotas.used_this_month(stranger) == 0
    async with database.reading(stranger) as connection:
        assert await connection.fetchval("select count(*) from usage") == 0


async def test_a_flusher_that_dies_before_it_forgets_counts_nothing_twice(
    database: Database, caller: Principal, valkey_server: ValkeyServer
) -> None:
    async with counting(database, valkey_server.url) as (valkey, quotas):
        await quotas.charge(caller, 30, "Feed")
        unflushed = Unflushed(valkey)
        changed, totals = await unflushed.read(caller.tenant)
        async with database.transaction(caller.tenant) as session:
            await usage.store(session, caller.tenant, totals)
        # Dead here. Another comes, and requests went on.
        await quotas.charge(caller, 5, "Feed")
        await quotas.settle()
        await unflushed.forget(caller.tenant, changed)  # were the first to wake up: what changed since stays
        await usage.flush(database, valkey)
        assert await rows(database, caller.tenant) == {(caller.id, "Feed"): (35, 2)}


async def test_a_flusher_that_is_killed_again_and_again_loses_nothing(
    database: Database, database_url: str, caller: Principal, valkey_server: ValkeyServer
) -> None:
    chance = random.Random(20)
    async with counting(database, valkey_server.url) as (valkey, quotas):
        sent, going = [0, 0], True

        async def spend() -> None:
            while going:
                charge = await quotas.charge(caller, 10, f"Op{sent[1] % 5}")
                quotas.give_back(caller, charge, 3)
                sent[0] += 7
                sent[1] += 1

        spending = asyncio.create_task(spend())
        for _ in range(5):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.integration.tenancy.flusher", database_url, valkey_server.url,
                cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert child.stdout is not None
            await child.stdout.readline()
            await asyncio.sleep(0.05 + chance.random() * 0.2)
            child.kill()
            await child.wait()
        going = False
        await spending
        await quotas.settle()
        assert await rows(database, caller.tenant), "the killed ones had begun to store"
        await usage.flush(database, valkey)
        stored = await rows(database, caller.tenant)
        assert [sum(pair[n] for pair in stored.values()) for n in (0, 1)] == sent
        assert await quotas.used_this_month(caller.tenant) == sent[0]
        assert sent[1] > 100


async def test_a_valkey_that_loses_everything_is_restored_from_postgres(
    database: Database, caller: Principal, folder: Path
) -> None:
    server = EmbeddedValkey(folder / "valkey", durable=False)
    async with server as running, counting(database, running.url) as (valkey, quotas):
        await quotas.charge(caller, 40, "Feed")
        await quotas.settle()
        await usage.flush(database, valkey)
        await quotas.charge(caller, 5, "Feed")
        await quotas.settle()  # lost: not flushed
        await killed(server)
        siblings = [
            caller,
            *(Principal(caller.tenant, "t", "DEMO", uuid4(), "k", frozenset()) for _ in range(9)),
        ]
        await found_again(quotas, valkey)
        # All at once: the month comes back once.
        charges = await asyncio.gather(*(quotas.charge(each, 1, "Feed") for each in siblings))
        assert not any(charge.degraded for charge in charges)
        await quotas.settle()
        await usage.flush(database, valkey)
        stored = await rows(database, caller.tenant)
        assert stored[caller.id, "Feed"] == (41, 2)
        assert sum(points for points, _ in stored.values()) == 50
        assert await quotas.used_this_month(caller.tenant) == 50


async def test_a_valkey_that_is_killed_under_load_loses_little_and_doubles_nothing(
    database: Database, caller: Principal, folder: Path
) -> None:
    server = EmbeddedValkey(folder / "valkey", durable=False)
    async with server as running, counting(database, running.url) as (valkey, quotas):
        stop = asyncio.Event()
        usage_every, usage.EVERY_SECONDS = usage.EVERY_SECONDS, 0.05
        flusher = asyncio.create_task(usage.keep_flushing(database, valkey, stop))
        sent, at_risk = 0, 0
        for n in range(4):
            began = sent
            for _ in range(60):
                await quotas.charge(caller, 1, "Feed")
                sent += 1
                await asyncio.sleep(0.002)
            stored = (await rows(database, caller.tenant)).get((caller.id, "Feed"), (0, 0))[0]
            at_risk += sent - stored  # what a kill may cost at this moment, at most
            if n < 3:
                await killed(server)
                for _ in range(20):  # on their own account, until Valkey is found again
                    await quotas.charge(caller, 1, "Feed")
                    sent += 1
                await found_again(quotas, valkey)
            assert sent > began
        await quotas.settle()
        stop.set()
        await flusher
        usage.EVERY_SECONDS = usage_every
        ((points, requests),) = (await rows(database, caller.tenant)).values()
        assert points == requests <= sent
        assert points >= sent - at_risk - 3  # and one request a kill, whose answer was lost
        assert await quotas.used_this_month(caller.tenant) == points


async def test_a_durable_valkey_that_is_killed_loses_nothing(
    database: Database, caller: Principal, folder: Path
) -> None:
    server = EmbeddedValkey(folder / "valkey")
    async with server as running, counting(database, running.url) as (valkey, quotas):
        for _ in range(10):
            await quotas.charge(caller, 3, "Feed")
        await quotas.settle()
        # Valkey writes its log each second, and puts a write off while the disk is busy with the last.
        await valkey.execute_command("WAITAOF", 1, 0, 10_000)
        await killed(server)
        await found_again(quotas, valkey)
        await quotas.charge(caller, 3, "Feed")
        await quotas.settle()
        await usage.flush(database, valkey)
        assert await rows(database, caller.tenant) == {(caller.id, "Feed"): (33, 11)}
