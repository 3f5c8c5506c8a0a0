"""Keys and tenants that run trusted documents alone, and the documents themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from api.execution.engine import Engine
from api.persisted.asked import hash_of
from api.persisted.trusted import TrustedDocumentInvalid, load
from api.schema import schema
from app.embedded.valkey import ValkeyServer
from app.provision import SETUP
from tenancy import invalidation, tenants
from tenancy.database import Database
from tenancy.scopes import ROLES
from tests.api.test_persisted_documents import TEXTS, apollo, get, new_text, over_socket, post
from tests.builders import Tenant, new_key, new_tenant
from tests.integration.events.helpers import until
from tests.service import Service, serving

CREATE = """mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { ... on CreateApiKeyPayload {
  secret apiKey { id trustedDocumentsOnly } } ... on Problem { message } } }"""
ROTATE = """mutation ($i: RotateApiKeyInput!) { rotateApiKey(input: $i) { ... on RotateApiKeyPayload {
  secret apiKey { trustedDocumentsOnly } } } }"""
USAGE = {"from": "2026-01-01", "to": "2026-01-02"}


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def bound(service: Service, tenant: Tenant) -> Any:
    """A key of the tenant that runs trusted documents alone."""
    given = {"name": "site", "scopes": ["admin"], "trustedDocumentsOnly": True}
    return (await service.data(tenant.key, CREATE, i=given))["createApiKey"]


def code(body: dict[str, Any]) -> str:
    (error,) = body["errors"]
    assert "documentId" in error["message"]  # what to do
    return str(error["extensions"]["code"])


@pytest.mark.parametrize("ask", [post, get, over_socket])
async def test_a_bound_key_runs_trusted_documents_alone(service: Service, tenant: Tenant, ask: Any) -> None:
    made = await bound(service, tenant)
    assert made["apiKey"]["trustedDocumentsOnly"] is True
    hash_, text = TEXTS["Usage"]
    for named in (
        {"documentId": f"sha256:{hash_}"},
        {"extensions": apollo(text)},
        {"query": text},
        {"query": text, "extensions": apollo(text)},
    ):
        body = await ask(service, made["secret"], variables=USAGE, **named)
        assert body["data"]["viewer"]["principal"] == "site", named
    stored, other = new_text(), new_text()
    assert "data" in await post(service, tenant.key, query=stored, extensions=apollo(stored))
    for named in (
        {"query": other},
        {"query": other, "extensions": apollo(other)},
        {"query": text + " "},
        {"extensions": apollo(stored)},
        {"documentId": f"sha256:{hash_of(stored)}"},
        {"query": "{ __schema { queryType { name } } }"},
    ):
        assert code(await ask(service, made["secret"], **named)) == "PERSISTED_QUERY_REQUIRED", named
    assert "data" in await ask(service, tenant.key, query=other)


async def test_a_bound_key_does_not_untie_itself(
    service: Service, database: Database, tmp_path: Path, valkey_server: ValkeyServer, database_url: str
) -> None:
    tenant = Tenant(id_ := await new_tenant(database), key=await new_key(database, id_))
    made = await bound(service, tenant)
    for name, text in (("Create", CREATE), ("Rotate", ROTATE)):
        (tmp_path / f"{name}.graphql").write_text(text)
    async with serving(database_url, valkey_server.url, worker=False, trusted_documents=tmp_path) as other:
        given = {"name": "free", "scopes": ["reader"]}
        free = (await other.data(made["secret"], CREATE, i=given))["createApiKey"]
        assert free["apiKey"]["trustedDocumentsOnly"] is True
        assert code(await post(other, free["secret"], query=new_text())) == "PERSISTED_QUERY_REQUIRED"
        rotated = (await other.data(made["secret"], ROTATE, i={"id": made["apiKey"]["id"]}))["rotateApiKey"]
        assert rotated["apiKey"]["trustedDocumentsOnly"] is True


async def test_a_tenant_binds_all_of_its_keys_while_it_says_so(
    service: Service, database: Database, valkey_server: ValkeyServer, tenant: Tenant
) -> None:
    async def bind(only: bool) -> None:
        """As an operator's command does, in a process of its own."""
        async with database.transaction(tenant.id) as session:
            await tenants.trust(session, tenant.id, only=only, actor=SETUP)
        async with Redis.from_url(valkey_server.url) as valkey:
            await invalidation.announce(valkey, tenant.id)

    async def refused() -> bool:
        return "errors" in await post(service, tenant.key, query=new_text())

    async def allowed() -> bool:
        return not await refused()

    stranger = await new_key(database, await new_tenant(database))
    assert await allowed()
    await bind(True)
    await until(refused)
    hash_, _ = TEXTS["ApiKeys"]
    shown = (await post(service, tenant.key, documentId=f"sha256:{hash_}"))["data"]["viewer"]["tenant"]
    assert shown["trustedDocumentsOnly"] is True
    assert shown["auditLog"]["nodes"][0]["action"] == "tenant.changed"
    assert "data" in await post(service, stranger, query=new_text())
    await bind(False)
    await until(allowed)


def test_trusted_documents_are_planned_before_anybody_asks() -> None:
    engine = Engine(schema)
    known = load(engine)
    assert {hash_ for hash_, _ in TEXTS.values()} == set(known)
    for name, (_, text) in TEXTS.items():
        document = engine.documents.get(text)
        (operation,) = document.operations.values()
        assert operation.node.name is not None
        assert operation.node.name.value == name
        assert operation.costs
        if operation.node.operation.value == "query":
            assert {scopes for scopes, *_ in operation.plans} == set(ROLES.values())
            assert all(operation.plans.values())
    for n in range(1_100):  # more than documents are kept
        engine.documents.get(f"query Q{n} {{ __typename }}")
    assert engine.documents.get(TEXTS["Feed"][1]).operation("Feed").plans


def test_a_trusted_document_that_does_not_fit_is_named(tmp_path: Path) -> None:
    (tmp_path / "Wrong.graphql").write_text("query Wrong { nothing }")
    with pytest.raises(TrustedDocumentInvalid, match=r"Wrong\.graphql.*nothing"):
        load(Engine(schema), tmp_path)
