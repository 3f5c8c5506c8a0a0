"""A node of a Valkey Cluster is killed, and its replica takes its place, while requests are answered."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from app.embedded.postgres_server import PostgresServer
from tenancy.ledger import prefix
from tests.api.live.client import opened
from tests.api.test_subscriptions import EVENTS, add, address, until_finished
from tests.api.test_without_valkey import cost, healed, noticed
from tests.builders import Tenant, new_key, new_tenant
from tests.cluster import ValkeyCluster, clustered
from tests.databases import another
from tests.databases import opened as database_at
from tests.service import Service, serving


async def test_requests_and_events_go_on(postgres_server: PostgresServer, database_url: str) -> None:
    url = await another(postgres_server, database_url, "rap_failover")
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        async with (
            clustered(Path(folder), replicas=1) as cluster,
            database_at(url) as database,
            serving(url, cluster.url) as service,
        ):
            while cluster.home(prefix(id_ := await new_tenant(database))) != cluster.ports[0]:
                pass
            await go_on(service, cluster, Tenant(id_, key=await new_key(database, id_)))


async def go_on(service: Service, cluster: ValkeyCluster, tenant: Tenant) -> None:
    assert "degraded" not in await cost(service, tenant.key)
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("1", EVENTS)
        await asyncio.sleep(0.2)
        _, before = await add(service, tenant)
        heard = await until_finished(socket, before)
        cluster.kill(cluster.ports[0])
        assert "degraded" in (await noticed(service, tenant.key)).text
        assert await service.metric("rap_analyzer_quota_degraded") == 1
        # While nobody has the tenant's slot.
        _, run = await add(service, tenant)
        heard += await until_finished(socket, run)
        positions = [int(event["cursor"].partition("-")[0]) for event in heard]
        assert positions == list(range(positions[0], positions[0] + len(positions)))
    await healed(service, tenant.key)
    assert await service.metric("rap_analyzer_quota_degraded") == 0
    assert (await service.http.get("/readyz")).json() == {"database": "ok", "valkey": "ok"}
