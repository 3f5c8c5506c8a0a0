"""What an operator can switch off: introspection, suggestions and GraphiQL; and what is off always."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from graphql import get_introspection_query
from websockets.exceptions import ConnectionClosed

from api.request_body import MAX_BODY
from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tenancy.scopes import Scope
from tests.api.live.client import opened
from tests.api.test_persisted_documents import get, over_socket, post
from tests.builders import Tenant, new_key, new_tenant
from tests.service import Service, serving

SCHEMA = "query Q($with: Boolean = true) { ...F } fragment F on Query { __schema @include(if: $with) { queryType { name } } }"  # noqa: E501
TYPE = '{ t: __type(name: "Track") { name } viewer { principal } }'


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def codes(service: Service, key: str) -> set[str]:
    """What introspection in all of its forms is answered with."""
    found = set()
    for query in (SCHEMA, TYPE, get_introspection_query()):
        for ask in (post, get, over_socket):
            body = await ask(service, key, query=query)
            found.add(body["errors"][0]["extensions"]["code"] if "errors" in body else "OK")
    return found


async def test_introspection_is_for_everyone_unless_told_otherwise(
    service: Service, database: Database, tenant: Tenant
) -> None:
    assert await codes(service, await new_key(database, tenant.id, Scope.USAGE_READ)) == {"OK"}


async def test_introspection_by_scope(
    database_url: str, valkey_server: ValkeyServer, database: Database, tenant: Tenant
) -> None:
    without = await new_key(database, tenant.id, *(frozenset(Scope) - {Scope.SCHEMA_READ}))
    alone = await new_key(database, tenant.id, Scope.SCHEMA_READ)
    async with serving(database_url, valkey_server.url, worker=False, introspection="scope") as service:
        assert await codes(service, without) == {"FORBIDDEN"}
        (error,) = await service.errors(without, TYPE)
        assert error["extensions"]["scope"] == "schema:read"
        assert await codes(service, alone) == {"OK"}
        await service.data(without, "{ __typename viewer { __typename } }")


async def test_everything_is_off(database_url: str, valkey_server: ValkeyServer, tenant: Tenant) -> None:
    async with serving(
        database_url, valkey_server.url, worker=False, introspection="nobody", graphiql=False
    ) as service:
        assert await codes(service, tenant.key) == {"INTROSPECTION_DISABLED"}
        for path in ("/", "/graphiql"):
            assert (await service.http.get(path)).status_code == 404
        await service.data(tenant.key, "{ __typename }")


MISSPELT: list[tuple[str, dict[str, Any]]] = [
    ("{ viewr { principal } }", {}),
    ("{ viewer { principle } }", {}),
    ("{ tracks(frist: 1) { totalCount } }", {}),
    ("{ viewer { ... on Viewr { principal } } }", {}),
    ("{ trends(metric: THEMES) { key } }", {}),
    ("query ($f: TrackFiltr) { tracks(first: 1, filter: $f) { totalCount } }", {}),
    ("query ($f: TrackFilter) { tracks(first: 1, filter: $f) { totalCount } }", {"f": {"titleContain": "x"}}),
    ("query ($m: Metric!) { trends(metric: $m) { key } }", {"m": "THEMES"}),
    ('mutation { cancelRun(input: { idd: "x" }) { __typename } }', {}),
    (
        "mutation ($i: CancelRunInput!) { cancelRun(input: $i) { __typename } }",
        {"i": {"id": "x", "idd": "x"}},
    ),
    ("subscription ($r: ID) { analysisEvents(rum: $r) { __typename } }", {}),
]


@pytest.mark.parametrize(("query", "variables"), MISSPELT)
async def test_errors_do_not_teach_the_schema(
    service: Service, tenant: Tenant, query: str, variables: dict[str, Any]
) -> None:
    for ask in (post, over_socket):
        body = await ask(service, tenant.key, query=query, variables=variables)
        assert body["errors"]
        assert "Did you mean" not in str(body)


async def test_developers_are_helped(database_url: str, valkey_server: ValkeyServer, tenant: Tenant) -> None:
    async with serving(database_url, valkey_server.url, worker=False, suggestions=True) as service:
        for query, variables in MISSPELT:
            if "rum:" not in query:
                assert "Did you mean" in (await service.post(tenant.key, query, variables)).text, query


@pytest.mark.parametrize("body", [[], [1], [{"query": "{ __typename }"}], [{"query": "{ a }"}] * 1_000])
async def test_batches_are_refused(service: Service, tenant: Tenant, body: Any) -> None:
    headers = {"Authorization": f"Bearer {tenant.key}"}
    response = await service.http.post("/graphql", json=body, headers=headers)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BATCH_REFUSED"


async def test_a_body_has_a_length(service: Service, tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {tenant.key}", "Content-Type": "application/json"}
    body = b'{"query": "{ __typename }"}' + b" " * MAX_BODY

    async def chunks() -> Any:
        for start in range(0, len(body), 1_000_000):
            yield body[start : start + 1_000_000]

    for content in (body, chunks()):
        response = await service.http.post("/graphql", content=content, headers=headers)
        assert response.status_code == 413
        (error,) = response.json()["errors"]
        figures = error["extensions"]
        assert (figures["code"], figures["limit"]) == ("PAYLOAD_TOO_LARGE", "body_bytes")
        assert figures["found"] > figures["allowed"] == MAX_BODY
    fits = b'{"query": "{ __typename }"}' + b" " * 1_000_000
    assert (await service.http.post("/graphql", content=fits, headers=headers)).status_code == 200


async def test_a_message_has_a_length(service: Service, tenant: Tenant) -> None:
    async with opened(service.url.replace("http", "ws") + "/graphql", tenant.key) as socket:
        with suppress(ConnectionClosed):  # it is refused before all of it is there
            await socket.connection.send('{"type": "ping"}' + " " * MAX_BODY)
        assert (await socket.closed())[0] == 1009
