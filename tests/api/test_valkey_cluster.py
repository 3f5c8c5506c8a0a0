"""Two API processes and a worker on a Valkey Cluster: whatever they tell each other arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from tenancy import purses
from tenancy.database import Database
from tenancy.ledger import prefix
from tests.api.live.client import opened
from tests.api.test_keys import REVOKE, WATCH, create
from tests.api.test_persisted_documents import NOT_FOUND, apollo, new_text, post
from tests.api.test_subscriptions import EVENTS, add, address, until_finished
from tests.builders import Tenant, new_key, new_tenant
from tests.cluster import ValkeyCluster
from tests.databases import another
from tests.databases import opened as database_at
from tests.service import Service, serving

QUOTA = "query Quota { viewer { apiKey { quota { usedThisMonth } } } }"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_url(postgres_server: PostgresServer, database_url: str) -> str:
    """Of a database whose events no other worker carries to another Valkey."""
    return await another(postgres_server, database_url, "rap_cluster")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_database(own_url: str) -> AsyncIterator[Database]:
    async with database_at(own_url) as database:
        yield database


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(own_url: str, valkey_cluster: ValkeyCluster) -> AsyncIterator[list[Service]]:
    async with (
        serving(own_url, valkey_cluster.url) as one,
        serving(own_url, valkey_cluster.url, worker=False) as other,
    ):
        yield [one, other]


async def tenants_of_all_nodes(database: Database, cluster: ValkeyCluster) -> list[Tenant]:
    """One tenant a node."""
    found: dict[int, Tenant] = {}
    while len(found) < len(cluster.processes):
        id_ = await new_tenant(database)
        found.setdefault(cluster.home(prefix(id_)), Tenant(id_, key=await new_key(database, id_)))
    return list(found.values())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tenants(own_database: Database, valkey_cluster: ValkeyCluster) -> list[Tenant]:
    return await tenants_of_all_nodes(own_database, valkey_cluster)


async def used(service: Service, key: str) -> int:
    return int((await service.data(key, QUOTA))["viewer"]["apiKey"]["quota"]["usedThisMonth"])


async def test_a_tenants_points_are_one_account_wherever_it_lives(
    services: list[Service], tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purses, "SECONDS", 0.0)

    async def spend(tenant: Tenant) -> None:
        for service in services:
            answer = (await service.post(tenant.key, "{ viewer { principal } }")).json()
            assert "degraded" not in answer["extensions"]["cost"]
        await asyncio.sleep(1.2)  # until both purses are home
        before = await used(services[0], tenant.key)
        assert before > 0
        await services[1].data(tenant.key, QUOTA)
        await asyncio.sleep(1.2)
        assert await used(services[0], tenant.key) > before

    await asyncio.gather(*map(spend, tenants))
    for service in services:
        assert (await service.http.get("/readyz")).json() == {"database": "ok", "valkey": "ok"}


async def test_a_run_is_heard_in_another_process_and_resumed(
    services: list[Service], tenants: list[Tenant]
) -> None:
    working, listening = services

    async def follow(tenant: Tenant) -> None:
        async with opened(address(listening), tenant.key) as socket:
            await socket.subscribe("1", EVENTS)
            await asyncio.sleep(0.2)
            _, run = await add(working, tenant, 2)
            heard = await until_finished(socket, run)
        async with opened(address(working), tenant.key) as socket:
            await socket.subscribe("1", EVENTS, after=heard[2]["cursor"])
            again = await until_finished(socket, run)
        assert [event["cursor"] for event in again] == [event["cursor"] for event in heard[3:]]

    await asyncio.gather(*map(follow, tenants))


async def test_a_key_that_is_revoked_closes_its_sockets_in_another_process(
    services: list[Service], tenants: list[Tenant]
) -> None:
    for tenant in tenants:
        made = await create(services[0], tenant)
        async with opened(address(services[1]), made["secret"]) as socket:
            await socket.subscribe("1", WATCH)
            await services[0].data(tenant.key, REVOKE, i={"id": made["apiKey"]["id"]})
            async with asyncio.timeout(1):
                assert (await socket.closed())[0] == 4403


async def test_a_document_that_one_process_was_sent_is_found_by_another(
    services: list[Service], tenants: list[Tenant]
) -> None:
    for tenant, stranger in zip(tenants, [*tenants[1:], tenants[0]], strict=True):
        text = new_text()
        assert "data" in await post(services[0], tenant.key, query=text, extensions=apollo(text))
        assert "data" in await post(services[1], tenant.key, extensions=apollo(text))
        assert (await post(services[1], stranger.key, extensions=apollo(text)))["errors"] == [NOT_FOUND]
