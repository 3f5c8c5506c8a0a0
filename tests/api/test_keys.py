"""API keys over GraphQL: what an admin can do, what ends at once, and what the audit log says of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from app.embedded.valkey import ValkeyServer
from app.provision import SETUP
from tenancy import invalidation, tenants
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.scopes import Scope
from tests.api.live.client import opened
from tests.builders import Tenant, new_key, new_tenant
from tests.integration.events.helpers import until
from tests.service import Service

CREATE = """mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) {
  ... on CreateApiKeyPayload { secret apiKey { id name scopes allowedNetworks allowedOrigins expiresAt } }
  ... on InvalidInput { code field message } } }"""
ROTATE = """mutation ($i: RotateApiKeyInput!) { rotateApiKey(input: $i) {
  ... on RotateApiKeyPayload { secret apiKey { id } replaced { id expiresAt replacedBy { id } } }
  ... on Problem { code message } } }"""
REVOKE = """mutation ($i: RevokeApiKeyInput!) { revokeApiKey(input: $i) {
  ... on RevokeApiKeyPayload { apiKey { id revokedAt } } } }"""
LOG = """query ($after: String) { viewer { tenant { auditLog(first: 2, after: $after) {
  nodes { actorKind actor address action target before after } pageInfo { hasNextPage endCursor } } } } }"""
HELLO = "{ viewer { principal } }"
WATCH = "subscription { analysisEvents { __typename } }"


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def create(service: Service, tenant: Tenant, **values: Any) -> Any:
    given = {"name": "site", "scopes": ["reader"], **values}
    return (await service.data(tenant.key, CREATE, i=given))["createApiKey"]


async def test_a_key_is_made_rotated_and_revoked(service: Service, tenant: Tenant) -> None:
    made = await create(service, tenant)
    assert (await service.data(made["secret"], HELLO))["viewer"] == {"principal": "site"}
    rotated = (await service.data(tenant.key, ROTATE, i={"id": made["apiKey"]["id"]}))["rotateApiKey"]
    assert rotated["replaced"]["replacedBy"] == rotated["apiKey"]
    assert rotated["replaced"]["expiresAt"]
    for secret in (made["secret"], rotated["secret"]):
        await service.data(secret, HELLO)
    again = (await service.data(tenant.key, ROTATE, i={"id": made["apiKey"]["id"]}))["rotateApiKey"]
    assert again["code"] == "CONFLICT"
    await service.data(tenant.key, REVOKE, i={"id": rotated["apiKey"]["id"]})
    response = await service.post(rotated["secret"], HELLO)  # at once: no cache holds it any longer
    assert response.status_code == 401
    await service.data(made["secret"], HELLO)


async def test_a_grace_of_nothing_ends_the_old_key_at_once(service: Service, tenant: Tenant) -> None:
    made = await create(service, tenant)
    await service.data(made["secret"], HELLO)
    await service.data(tenant.key, ROTATE, i={"id": made["apiKey"]["id"], "graceMinutes": 0})
    assert (await service.post(made["secret"], HELLO)).status_code == 401


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"name": " "}, "BAD_USER_INPUT", "input.name"),
        ({"scopes": []}, "BAD_USER_INPUT", "input.scopes"),
        ({"scopes": ["everything"]}, "BAD_USER_INPUT", "input"),
        ({"expiresInDays": 0}, "BAD_USER_INPUT", "input.expiresInDays"),
        ({"allowedNetworks": ["here"]}, "BAD_USER_INPUT", "input.allowedNetworks"),
        ({"allowedOrigins": ["*"]}, "BAD_USER_INPUT", "input.allowedOrigins"),
    ],
)
async def test_what_is_refused_says_where(
    service: Service, tenant: Tenant, values: dict[str, Any], code: str, field: str
) -> None:
    refused = await create(service, tenant, **values)
    assert (refused["code"], refused["field"]) == (code, field)


async def test_nobody_gives_more_than_they_have(service: Service, database: Database, tenant: Tenant) -> None:
    clerk = Tenant(tenant.id, key=await new_key(database, tenant.id, Scope.ADMIN_KEYS))
    assert (await create(service, clerk))["code"] == "FORBIDDEN"
    made = await create(service, tenant, scopes=["admin"])
    refused = await service.data(clerk.key, ROTATE, i={"id": made["apiKey"]["id"]})
    assert refused["rotateApiKey"]["code"] == "FORBIDDEN"


async def test_a_key_for_other_places_is_refused_here(service: Service, tenant: Tenant) -> None:
    elsewhere = await create(service, tenant, allowedNetworks=["203.0.113.0/24"])
    response = await service.post(elsewhere["secret"], HELLO)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    here = await create(service, tenant, allowedNetworks=["127.0.0.0/8"])
    await service.data(here["secret"], HELLO)
    page = await create(service, tenant, allowedOrigins=["https://app.example.com"])
    assert (await service.post(page["secret"], HELLO)).status_code == 403
    allowed = await service.http.post(
        "/graphql",
        json={"query": HELLO},
        headers={"Authorization": f"Bearer {page['secret']}", "Origin": "https://app.example.com"},
    )
    assert allowed.status_code == 200


async def test_revoking_closes_what_the_key_has_open(service: Service, tenant: Tenant) -> None:
    made = await create(service, tenant)
    address = service.url.replace("http", "ws") + "/graphql"
    async with opened(address, made["secret"]) as socket, opened(address, tenant.key) as other:
        await socket.subscribe("1", WATCH)
        await service.data(tenant.key, REVOKE, i={"id": made["apiKey"]["id"]})
        async with asyncio.timeout(1):
            code, _ = await socket.closed()
        assert code == 4403
        await other.subscribe("1", HELLO)
        assert (await other.hear())["type"] == "next"


async def test_a_suspended_tenant_is_told_so_everywhere_and_can_come_back(
    service: Service, database: Database, valkey_server: ValkeyServer, tenant: Tenant
) -> None:
    async def become(status: TenantStatus) -> None:
        """As an operator's command does, in a process of its own."""
        async with database.transaction(tenant.id) as session:
            await tenants.change_status(session, tenant.id, status, SETUP)
        async with Redis.from_url(valkey_server.url) as valkey:
            await invalidation.announce(valkey, tenant.id)

    async with opened(service.url.replace("http", "ws") + "/graphql", tenant.key) as socket:
        await socket.subscribe("1", WATCH)
        await become(TenantStatus.SUSPENDED)
        async with asyncio.timeout(1):
            assert (await socket.closed())[0] == 4403
    response = await service.post(tenant.key, HELLO)
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "TENANT_SUSPENDED"
    await become(TenantStatus.ACTIVE)

    async def resumed() -> bool:
        return (await service.post(tenant.key, HELLO)).status_code == 200

    async with asyncio.timeout(1):
        await until(resumed)


async def test_the_audit_log_is_paged_newest_first_and_holds_no_secret(
    service: Service, tenant: Tenant
) -> None:
    made = await create(service, tenant)
    rotated = (await service.data(tenant.key, ROTATE, i={"id": made["apiKey"]["id"]}))["rotateApiKey"]
    await service.data(tenant.key, REVOKE, i={"id": made["apiKey"]["id"]})
    entries: list[Any] = []
    after, more = None, True
    while more:
        page = (await service.data(tenant.key, LOG, after=after))["viewer"]["tenant"]["auditLog"]
        entries += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert [entry["action"] for entry in entries] == [
        "api_key.revoked", "api_key.rotated", "api_key.created", "api_key.created", "tenant.created",
    ]  # fmt: skip
    revoked = entries[0]
    assert (revoked["actorKind"], revoked["actor"], revoked["address"]) == ("KEY", "test", "127.0.0.1")
    assert revoked["target"] == made["apiKey"]["id"]
    assert revoked["before"]["revoked_at"] is None
    assert revoked["after"]["revoked_at"] is not None
    for secret in (made["secret"], rotated["secret"], tenant.key):
        assert secret[-30:] not in str(entries)
