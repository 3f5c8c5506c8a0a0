"""A real Valkey Cluster; a pytest plugin, named in tests/conftest.py."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError

from app.embedded.binaries import valkey_binary
from app.embedded.ports import free_port

SLOTS, PRIMARIES, PASSWORD = 16384, 3, "only-for-tests"
AWAY_SECONDS = 3.0  # after which a node that says nothing is replaced by its replica
PATIENT_SECONDS = 30.0  # where nobody is to be replaced, however busy the machine is
CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
primaryauth {password}
save ""
cluster-enabled yes
cluster-port {bus}
cluster-node-timeout {timeout}
repl-diskless-sync-delay 0
"""


@dataclass(slots=True)
class ValkeyCluster:
    """Three primaries, each with a third of the slots, and replicas of the first of them."""

    folder: Path
    away_seconds: float
    ports: list[int] = field(default_factory=list)
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports[:PRIMARIES])
        return f"redis+cluster://:{PASSWORD}@{hosts}"

    def home(self, key: str) -> int:
        """The port of the primary that had the key's slot in the beginning."""
        slot = key_slot(key.encode())
        return next(port for port, (_, last) in zip(self.ports, shares(), strict=False) if slot <= last)

    def client(self, port: int) -> Any:  # its CLUSTER commands have no types
        return Redis(port=port, password=PASSWORD)

    def spawn(self, port: int, bus: int) -> None:
        own = self.folder / str(port)
        own.mkdir(parents=True)
        (own / "valkey.conf").write_text(
            CONFIG.format(port=port, bus=bus, password=PASSWORD, timeout=int(self.away_seconds * 1000))
        )
        command = [str(valkey_binary()), "valkey.conf"]
        self.processes[port] = subprocess.Popen(command, cwd=own, stdout=subprocess.DEVNULL)
        self.ports.append(port)

    async def form(self, replicas: int) -> None:
        async with AsyncExitStack() as stack:
            buses = [free_port() for _ in range(PRIMARIES + replicas)]
            for bus in buses:
                self.spawn(free_port(), bus)
            clients = [await stack.enter_async_context(self.client(port)) for port in self.ports]
            for client in clients:
                await until(client.ping)
            for client, (first, last) in zip(clients, shares(), strict=False):
                await client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            for client in clients[1:]:
                await client.execute_command("CLUSTER MEET", "127.0.0.1", self.ports[0], buses[0])
            first_id = await clients[0].execute_command("CLUSTER MYID")

            async def agreed() -> None:
                for client in clients:
                    info = await client.execute_command("CLUSTER INFO")
                    assert info["cluster_state"] == "ok"
                    assert info["cluster_known_nodes"] == str(len(clients))

            await until(agreed)
            for client in clients[PRIMARIES:]:
                await client.execute_command("CLUSTER REPLICATE", first_id)

            async def follow() -> None:
                for client in clients[PRIMARIES:]:
                    assert (await client.info("replication"))["master_link_status"] == "up"

            await until(follow)

    def kill(self, port: int) -> None:
        """kill -9."""
        process = self.processes.pop(port)
        process.kill()
        process.wait()

    def close(self) -> None:
        for port in list(self.processes):
            self.kill(port)


def shares() -> list[tuple[int, int]]:
    """The first and the last slot of each primary."""
    ends = [SLOTS * number // PRIMARIES for number in range(PRIMARIES + 1)]
    return [(first, last - 1) for first, last in pairwise(ends)]


async def until(attempt: Callable[[], Awaitable[object]]) -> None:
    for _ in range(600):
        try:
            await attempt()
        except (AssertionError, RedisError, KeyError):
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("The cluster does not come up.")


@asynccontextmanager
async def clustered(folder: Path, *, replicas: int = 0) -> AsyncIterator[ValkeyCluster]:
    cluster = ValkeyCluster(folder, AWAY_SECONDS if replicas else PATIENT_SECONDS)
    try:
        await cluster.form(replicas)
        yield cluster
    finally:
        cluster.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey_cluster(servers_dir: Path) -> AsyncIterator[ValkeyCluster]:
    """One for the session; keep to keys of your own, and kill nobody."""
    async with clustered(servers_dir / "cluster") as cluster:
        yield cluster


@pytest.fixture(params=["server", "cluster"])
def valkey_url(request: pytest.FixtureRequest) -> str:
    """Of the one server, and then of the cluster: for what has to work with either."""
    url: str = request.getfixturevalue(f"valkey_{request.param}").url
    return url
