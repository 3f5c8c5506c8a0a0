"""Who may not send a stream, what form it must have, and what ends one that is under way."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sqlalchemy import text

from app.http.ingest import routes
from app.provision import SETUP, create_tenant
from tenancy import api_keys
from tenancy.database import Database
from tenancy.limits import LIMITS, Limits
from tenancy.models import Plan
from tenancy.scopes import ROLES, Scope
from tests.api.ingesting import entry, lines, post, streaming, told
from tests.builders import NUMBERS, Tenant, new_key, new_tenant
from tests.service import Service


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def count(database: Database, tenant: Tenant) -> int:
    async with database.reading(tenant.id) as connection:
        return int(await connection.fetchval("select count(*) from tracks"))


async def poor(database: Database, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> Tenant:
    monkeypatch.setitem(LIMITS, "TEAM", limits)
    tenant = await create_tenant(database, f"poor-{next(NUMBERS)}", "Poor", Plan.TEAM)
    return Tenant(tenant, [], await new_key(database, tenant))


@pytest.mark.parametrize(
    ("scope", "path"), [(Scope.TRACKS_WRITE, "/ingest"), (Scope.ANALYSES_WRITE, "/ingest?analyze=true")]
)
async def test_it_needs_its_scopes(
    service: Service, database: Database, tenant: Tenant, scope: Scope, path: str
) -> None:
    without = await new_key(database, tenant.id, *(frozenset(Scope) - {scope}))
    response = await post(service, without, lines([entry()]), path)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert response.json()["error"]["scope"] == scope
    assert await count(database, tenant) == 0
    alone = await new_key(database, tenant.id, Scope.TRACKS_WRITE, Scope.ANALYSES_WRITE)
    assert told(await post(service, alone, lines([entry()]), path))[-1]["added"] == 1


async def test_it_needs_a_key_that_may_do_more_than_trusted_documents(
    service: Service, database: Database, tenant: Tenant
) -> None:
    response = await post(service, None, b"")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")
    async with database.transaction(tenant.id) as session:
        _, bound = await api_keys.create(
            session, tenant.id, "bound", ROLES["admin"], SETUP, trusted_documents_only=True
        )
    response = await post(service, bound.text, lines([entry()]))
    assert (response.status_code, response.json()["error"]["code"]) == (403, "PERSISTED_QUERY_REQUIRED")
    assert await count(database, tenant) == 0


@pytest.mark.parametrize(
    ("path", "headers", "status", "code", "says"),
    [
        ("/ingest", {"Content-Type": "application/json"}, 415, "UNSUPPORTED_MEDIA_TYPE", "x-ndjson"),
        ("/ingest", {"Content-Encoding": "br"}, 415, "UNSUPPORTED_ENCODING", "gzip"),
        ("/ingest?analyze=yes", {}, 400, "BAD_REQUEST", "analyze"),
        ("/ingest?analyse=true", {}, 400, "BAD_REQUEST", "analyze"),
    ],
)
async def test_a_wrong_form_is_told_before_anything_is_read(
    service: Service, tenant: Tenant, path: str, headers: dict[str, str], status: int, code: str, says: str
) -> None:
    response = await post(service, tenant.key, lines([entry()]), path, **headers)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert says in response.json()["error"]["message"]
    assert (await service.http.get("/ingest")).status_code == 405


async def test_a_tenant_has_few_streams_at_a_time(service: Service, tenant: Tenant) -> None:
    async with contextlib.AsyncExitStack() as open_:
        for _ in range(routes.STREAMS):
            stream = await open_.enter_async_context(streaming(service, tenant.key))
            await stream.send(lines([entry()]))
            await stream.hear()
        response = await post(service, tenant.key, lines([entry()]))
        assert (response.status_code, response.json()["error"]["code"]) == (429, "TOO_MANY_OPEN")
        assert int(response.headers["retry-after"]) > 0
        await stream.finish()
        while "done" not in await stream.hear():
            pass
        assert told(await post(service, tenant.key, lines([entry()])))[-1]["done"] is True


async def test_it_is_charged_by_the_song_and_ends_with_the_month(
    service: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = 1 + 300  # the stream, and a batch of a hundred songs at two points each
    tenant = await poor(database, monkeypatch, Limits(1000, 1000, 1000, month))
    songs = [entry() for _ in range(250)]
    end = told(await post(service, tenant.key, lines(songs)))[-1]
    assert end["error"]["code"] == "QUOTA_EXCEEDED"
    assert (end["through"], end["added"]) == (100, 100)
    assert await count(database, tenant) == 100
    monkeypatch.setitem(LIMITS, "TEAM", Limits(1000, 1000, 1000, 1_000_000))
    end = told(await post(service, tenant.key, lines(songs)))[-1]
    assert (end["done"], end["added"], end["present"]) == (True, 150, 100)


async def test_it_waits_for_points_that_come_back_in_a_moment(
    service: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await poor(database, monkeypatch, Limits(250, 200, 1_000_000, 1_000_000))
    end = told(await post(service, tenant.key, lines([entry() for _ in range(250)])))[-1]
    assert (end["done"], end["added"]) == (True, 250)


async def test_a_revoked_key_stores_no_more(service: Service, database: Database, tenant: Tenant) -> None:
    async with streaming(service, tenant.key) as stream:
        await stream.send(lines([entry()]))
        assert (await stream.hear())["added"] == 1
        async with database.transaction(tenant.id) as session:
            await session.execute(text("update api_keys set revoked_at = now()"))
        heard: dict[str, Any] = {}
        while "error" not in heard:  # the process remembers a key for some seconds
            await stream.send(lines([entry()]))
            heard = await stream.hear()
        assert heard["error"]["code"] == "UNAUTHENTICATED"
        assert heard["added"] == await count(database, tenant)
