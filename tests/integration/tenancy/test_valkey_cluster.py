"""Three Valkeys as one cluster: all scripts and streams of a tenant find their keys in one slot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from redis.crc import key_slot
from redis.exceptions import ResponseError

from api.persisted.stored import KEEP, MAX_DOCUMENTS, SECONDS
from api.persisted.stored import key as documents_key
from app.events import streams
from app.events.cursors import Cursor
from tenancy.cluster import Cluster
from tenancy.database import Database
from tenancy.ledger import FOLDER, keys_of, prefix
from tenancy.pipelined import pipelined
from tenancy.principals import Principal
from tenancy.purse import minute_of
from tenancy.quotas import Quotas
from tenancy.unflushed import FORGET
from tenancy.valkey import connect
from tests.builders import new_tenant
from tests.cluster import PASSWORD, ValkeyCluster

LIMITS = [100_000, 20_000, 1_000_000, 500_000_000]


@pytest_asyncio.fixture(loop_scope="session")
async def cluster(valkey_cluster: ValkeyCluster) -> AsyncIterator[Cluster]:
    client = connect(valkey_cluster.url)
    assert isinstance(client, Cluster)
    async with client:
        yield client


def script(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text()


@pytest.mark.parametrize("number", range(8))
async def test_scripts_of_quotas_run(cluster: Any, number: int) -> None:
    """Of several tenants, which live on different nodes."""
    tenant, key, now = uuid4(), uuid4(), datetime.now(UTC)
    keys = keys_of(tenant, key, minute_of(now), now.date())
    day = f"{now:%Y%m%d}"
    charge = [10, *LIMITS, 1_000_000, day, str(key), "Feed", 200, 0, 0]
    assert (await cluster.eval(script("quota"), len(keys), *keys, *charge))[0] == -1  # the month is unknown
    base = prefix(tenant)
    of_days = [f"{base}:{what}:{of}" for of in (day, "19990101") for what in ("usage", "names")]
    restored = [f"{base}:month:{now:%Y%m}", *of_days]
    assert await cluster.eval(script("restore"), len(restored), *restored, 5, 1, str(key), "Feed", 5, 1) == 1
    assert (await cluster.eval(script("quota"), len(keys), *keys, *charge))[0] == 0
    settled = [*keys, f"{base}:settled:test"]
    arguments = [1, LIMITS[1], day, str(key), 200, 4, 0, 1, "Feed", -4, 0]
    assert await cluster.eval(script("settle"), len(settled), *settled, *arguments) == 1
    assert int(await cluster.get(f"{base}:month:{now:%Y%m}")) == 5 + 10 - 4
    changed = await cluster.hgetall(f"{base}:unflushed")
    assert changed
    pairs = [part for pair in changed.items() for part in pair]
    await cluster.eval(FORGET, 1, f"{base}:unflushed", *pairs)
    assert await cluster.hgetall(f"{base}:unflushed") == {}


async def test_documents_and_streams_work(cluster: Any) -> None:
    tenants, at = [uuid4() for _ in range(6)], datetime.now(UTC)
    for tenant in tenants:
        await cluster.eval(KEEP, 1, documents_key(tenant), "hash", "{ a }", MAX_DOCUMENTS, SECONDS)
        assert await cluster.hget(documents_key(tenant), "hash") == b"{ a }"
    adding = [
        streams.adding(tenant, Cursor(position, at), "RunFinished", "{}", at)
        for position in (1, 2, 3)
        for tenant in tenants
    ]
    await pipelined(cluster, adding)
    found = await streams.after(cluster, {**dict.fromkeys(tenants, 1), tenants[0]: 3, uuid4(): 0}, 10)
    shown = {tenant: [event.position for event in events] for tenant, events in found.items() if events}
    assert shown == {tenant: [2, 3] for tenant in tenants[1:]}
    for refused in await pipelined(cluster, adding):
        assert isinstance(refused, ResponseError)
        assert "equal or smaller" in str(refused)


async def test_a_tenant_moves_to_another_node_while_it_spends(
    cluster: Cluster, valkey_cluster: ValkeyCluster, database: Database
) -> None:
    tenant, told = await new_tenant(database), list[str]()
    account = Quotas(cluster, database, report=told.append)

    async def spend(times: int) -> None:
        """By a new key each time, which has to ask Valkey."""
        for _ in range(times):
            caller = Principal(tenant, "t", "DEMO", uuid4(), "key", frozenset())
            await account.charge(caller, 3, "Feed")

    await spend(3)
    slot, source = key_slot(prefix(tenant).encode()), valkey_cluster.home(prefix(tenant))
    target = next(port for port in valkey_cluster.ports if port != source)
    async with valkey_cluster.client(source) as old, valkey_cluster.client(target) as new:
        ids = [await node.execute_command("CLUSTER MYID") for node in (old, new)]
        await new.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[0])
        await old.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[1])
        spending = asyncio.gather(*(spend(10) for _ in range(5)))
        await asyncio.sleep(0.05)
        keys = await old.execute_command("CLUSTER GETKEYSINSLOT", slot, 1000)
        await old.migrate("127.0.0.1", target, keys, 0, 5000, auth=PASSWORD)
        for node in (new, old):
            await node.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[1])
        await spending
        await spend(10)
    await account.settle()
    assert told == []
    assert await account.used_this_month(tenant) == 3 * (3 + 50 + 10)
    await account.close()


def test_keys_of_a_tenant_share_a_slot_and_tenants_do_not() -> None:
    def slots(tenant: UUID) -> set[int]:
        now = datetime.now(UTC)
        accounts = keys_of(tenant, uuid4(), minute_of(now), now.date())
        return {key_slot(key.encode()) for key in (*accounts, streams.key(tenant), documents_key(tenant))}

    found = [slots(uuid4()) for _ in range(50)]
    assert all(len(each) == 1 for each in found)
    assert len(set().union(*found)) > 40
