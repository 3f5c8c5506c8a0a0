"""Three Valkeys as one cluster: all scripts and streams of a tenant find their keys in one slot."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisError, ResponseError

from api.persisted.stored import KEEP, MAX_DOCUMENTS, SECONDS
from api.persisted.stored import key as documents_key
from app.embedded.binaries import valkey_binary
from app.embedded.ports import free_port
from app.events import streams
from app.events.cursors import Cursor
from tenancy.ledger import FOLDER, keys_of, prefix
from tenancy.purse import minute_of
from tenancy.unflushed import FORGET

SLOTS = 16384
LIMITS = [100_000, 20_000, 1_000_000, 500_000_000]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster() -> AsyncIterator[RedisCluster]:
    """Three masters, and a client that follows the slots."""
    ports = [free_port() for _ in range(3)]
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        nodes = [start(Path(folder), port) for port in ports]
        try:
            await join(ports)
            known = [ClusterNode("127.0.0.1", port) for port in ports]
            async with RedisCluster(startup_nodes=known) as client:
                yield client
        finally:
            for node in nodes:
                node.terminate()
                node.wait(10)


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    own = folder / str(port)
    own.mkdir()
    command = [
        *(str(valkey_binary()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(own), "--save", ""),
        *("--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--cluster-node-timeout", "5000"),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


async def join(ports: list[int]) -> None:
    """Gives each a third of the slots, and waits until they agree."""
    clients: list[Any] = [Redis(port=port) for port in ports]  # their CLUSTER commands have no types
    for client in clients:
        await until(client.ping)
    first, last = 0, 0
    for number, client in enumerate(clients):
        first, last = last, SLOTS * (number + 1) // 3
        await client.execute_command("CLUSTER ADDSLOTSRANGE", first, last - 1)
    bus = int((await clients[0].config_get("cluster-port"))["cluster-port"])
    for client in clients[1:]:
        await client.execute_command("CLUSTER MEET", "127.0.0.1", ports[0], bus)

    async def agreed() -> None:
        for client in clients:
            info = await client.execute_command("CLUSTER INFO")
            assert info["cluster_state"] == "ok"
            assert info["cluster_known_nodes"] == "3"

    await until(agreed)
    for client in clients:
        await client.aclose()


async def until(attempt: Callable[[], Awaitable[object]]) -> None:
    for _ in range(300):
        try:
            await attempt()
        except (AssertionError, RedisError):
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("The cluster does not come up.")


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
    tenants = [uuid4() for _ in range(6)]
    for tenant in tenants:
        await cluster.eval(KEEP, 1, documents_key(tenant), "hash", "{ a }", MAX_DOCUMENTS, SECONDS)
        assert await cluster.hget(documents_key(tenant), "hash") == b"{ a }"
        at = datetime.now(UTC)
        async with cluster.pipeline(transaction=True) as pipeline:
            for position in (1, 2):
                entry = streams.fields("RunFinished", "{}", at)
                pipeline.xadd(streams.key(tenant), entry, id=str(Cursor(position, at)))
            await pipeline.execute()
        ((_, entries),) = await cluster.xread({streams.key(tenant): "0"})
        assert [streams.event(*entry).position for entry in entries] == [1, 2]
        with pytest.raises(ResponseError, match="equal or smaller"):
            await cluster.xadd(streams.key(tenant), {"kind": "x"}, id=str(Cursor(2, at)))


def test_keys_of_a_tenant_share_a_slot_and_tenants_do_not() -> None:
    def slots(tenant: UUID) -> set[int]:
        now = datetime.now(UTC)
        accounts = keys_of(tenant, uuid4(), minute_of(now), now.date())
        return {key_slot(key.encode()) for key in (*accounts, streams.key(tenant), documents_key(tenant))}

    found = [slots(uuid4()) for _ in range(50)]
    assert all(len(each) == 1 for each in found)
    assert len(set().union(*found)) > 40
