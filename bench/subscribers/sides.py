"""What is measured: `rap-analyzer serve` with a worker's relay behind it, and the peer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from app.analysis import runs
from app.provision import SETUP, create_tenant
from bench.reading import processes
from bench.reading.database import Servers
from bench.subscribers.crowd import Member
from bench.subscribers.writing import Source, Tell, committing, telling
from tenancy import api_keys
from tenancy.models import Plan
from tenancy.scopes import ROLES

QUERY = """subscription { analysisEvents { __typename ... on Event { cursor at }
  ... on RunProgressed { run { id status progress { total completed failed } } } } }"""


@dataclass(frozen=True, slots=True)
class Side:
    """A server that is ready, who will join it, and the way to tell all who joined as one member."""

    pid: int
    port: int
    members: list[Member]
    query: str
    telling: AbstractAsyncContextManager[Tell]


@asynccontextmanager
async def peer(sizes: Sequence[int]) -> AsyncIterator[Side]:
    """A room for each size."""
    port = processes.free_port()
    command = processes.python("bench.subscribers.bare", str(port))
    members = [Member(f"/graphql?room={room}", None, size) for room, size in enumerate(sizes)]
    async with processes.server(command, port) as pid:
        yield Side(pid, port, members, "", telling(port))


@asynccontextmanager
async def ours(of: Servers, sizes: Sequence[int]) -> AsyncIterator[Side]:
    """A tenant for each size."""
    sources, members = [], []
    for size in sizes:
        slug = f"bench-{uuid4().hex[:12]}"
        tenant = await create_tenant(of.database, slug, slug, Plan.ENTERPRISE)
        async with of.database.transaction(tenant) as session:
            _, secret = await api_keys.create(session, tenant, "bench", ROLES["reader"], SETUP)
            sources.append(Source(tenant, await runs.start(session, tenant, [])))
        members.append(Member("/graphql", secret.text, size))
    port, worker_port = processes.free_port(), processes.free_port()
    settings = {
        "RAP_ANALYZER_DATABASE_URL": of.url,
        "RAP_ANALYZER_REDIS_URL": of.redis_url,
        "RAP_ANALYZER_LOG_LEVEL": "ERROR",
        "RAP_ANALYZER_TENANT_SOCKETS": str(max(sizes) + 1),
        "RAP_ANALYZER_TENANT_OPERATIONS": str(max(sizes) + 1),
    }
    async with (
        processes.server(processes.python("app.cli", "serve"), port, PORT=str(port), **settings) as pid,
        processes.server(
            processes.python("app.cli", "worker", "--processes", "1"),
            worker_port,
            RAP_ANALYZER_WORKER_PORT=str(worker_port),
            **settings,
        ),
    ):
        yield Side(pid, port, members, QUERY, committing(of.url, sources))
