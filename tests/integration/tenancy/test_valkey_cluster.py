"""Three Valkeys as one cluster: all scripts and streams of a tenant find their keys in one slot."""

from __future__ import annotations

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
from tenancy.ledger import FOLDER, keys_of, prefix
from tenancy.pipelined import pipelined
from tenancy.purse import minute_of
from tenancy.unflushed import FORGET
from tenancy.valkey import connect
from tests.cluster import ValkeyCluster

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


def test_keys_of_a_tenant_share_a_slot_and_tenants_do_not() -> None:
    def slots(tenant: UUID) -> set[int]:
        now = datetime.now(UTC)
        accounts = keys_of(tenant, uuid4(), minute_of(now), now.date())
        return {key_slot(key.encode()) for key in (*accounts, streams.key(tenant), documents_key(tenant))}

    found = [slots(uuid4()) for _ in range(50)]
    assert all(len(each) == 1 for each in found)
    assert len(set().union(*found)) > 40
