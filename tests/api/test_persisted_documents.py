"""Documents by hash: trusted ones, and those that clients have sent before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from api.persisted import stored
from api.persisted.asked import hash_of
from api.persisted.stored import StoredDocuments
from api.persisted.trusted import OPERATIONS, read
from tenancy.database import Database
from tenancy.valkey import connect
from tests.api.live.client import opened
from tests.builders import NUMBERS, Tenant, add_tracks, new_key, new_tenant, song
from tests.service import Service

TEXTS = {path.stem: (hash_, text) for hash_, (path, text) in read([OPERATIONS]).items()}
NOT_FOUND = {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, await add_tracks(database, id_, [song("Known")]), await new_key(database, id_))


def new_text() -> str:
    """A document that nobody has sent yet."""
    return f"query Q{next(NUMBERS)} {{ viewer {{ principal }} }}"


def apollo(text: str, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": hash_of(text)}}


async def post(service: Service, key: str, **parameters: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    answer: httpx.Response = await service.http.post("/graphql", json=parameters, headers=headers)
    return dict(answer.json())


async def get(service: Service, key: str, **parameters: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    query = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in parameters.items()
    }
    return dict((await service.http.get("/graphql", params=query, headers=headers)).json())


async def over_socket(service: Service, key: str, **parameters: Any) -> dict[str, Any]:
    async with opened(service.url.replace("http", "ws") + "/graphql", key) as socket:
        await socket.ask("1", **parameters)
        message = await socket.hear()
        return message["payload"] if message["type"] == "next" else {"errors": message["payload"]}


TRANSPORTS = pytest.mark.parametrize("ask", [post, get, over_socket])


@TRANSPORTS
async def test_trusted_documents_are_known_by_hash(service: Service, tenant: Tenant, ask: Ask) -> None:
    hash_, text = TEXTS["Feed"]
    for named in ({"documentId": f"sha256:{hash_}"}, {"extensions": apollo(text)}):
        body = await ask(service, tenant.key, variables={"first": 1}, **named)
        assert body["data"]["tracks"]["edges"][0]["node"]["title"] == "Known"


async def test_subscriptions_are_known_by_hash(service: Service, tenant: Tenant) -> None:
    body = await over_socket(service, tenant.key, documentId=f"sha256:{TEXTS['WatchUsage'][0]}")
    assert body["data"]["usageEvents"]["limit"] > 0


async def test_a_mutation_by_hash_is_none_to_get(service: Service, tenant: Tenant) -> None:
    body = await get(service, tenant.key, documentId=f"sha256:{TEXTS['AddTracks'][0]}")
    assert body["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


@TRANSPORTS
async def test_apollos_protocol(service: Service, tenant: Tenant, ask: Ask) -> None:
    text = new_text()
    unknown = await ask(service, tenant.key, extensions=apollo(text))
    assert unknown["errors"] == [NOT_FOUND]
    assert "data" not in unknown
    sent = await ask(service, tenant.key, query=text, extensions=apollo(text))
    assert sent["data"] == {"viewer": {"principal": "test"}}
    for each in (post, get, over_socket):
        again = await each(service, tenant.key, extensions=apollo(text))
        assert again["data"] == sent["data"]
    assert (await ask(service, tenant.key, documentId=f"sha256:{hash_of(text)}"))["data"] == sent["data"]


async def test_not_found_has_the_status_that_clients_expect(service: Service, tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {tenant.key}"}
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        response = await service.http.post(
            "/graphql", json={"extensions": apollo(new_text())}, headers={**headers, "Accept": accept}
        )
        assert (response.status_code, response.json()["errors"]) == (status, [NOT_FOUND])


@TRANSPORTS
async def test_a_text_has_to_fit_its_hash(service: Service, tenant: Tenant, ask: Ask) -> None:
    text, other = new_text(), new_text()
    for named in (
        {"extensions": apollo(other)},
        {"documentId": f"sha256:{hash_of(other)}"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}},
        {"extensions": {"persistedQuery": {"version": 1}}, "documentId": "sha256:"},
    ):
        (error,) = (await ask(service, tenant.key, query=text, **named))["errors"]
        assert error["extensions"]["code"] == "PERSISTED_QUERY_HASH_MISMATCH"
    assert (await ask(service, tenant.key, extensions=apollo(other)))["errors"] == [NOT_FOUND]


@TRANSPORTS
async def test_what_can_be_no_hash(service: Service, tenant: Tenant, ask: Ask) -> None:
    for id_ in ("abc", "md5:abc", "sha256:abc", f"sha256:{'A' * 64}", "sha256:"):
        assert (await ask(service, tenant.key, documentId=id_))["errors"] == [NOT_FOUND]
    extensions: list[Any] = ["x", [], 1, {"version": 2, "sha256Hash": "a" * 64}, {}]
    for extension in extensions:
        (error,) = (await ask(service, tenant.key, extensions={"persistedQuery": extension}))["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"


async def test_what_is_not_valid_is_not_kept(service: Service, tenant: Tenant) -> None:
    text = f"query Q{next(NUMBERS)} {{ nothing }}"
    (error,) = (await post(service, tenant.key, query=text, extensions=apollo(text)))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert (await post(service, tenant.key, extensions=apollo(text)))["errors"] == [NOT_FOUND]


async def test_what_comes_without_a_hash_is_not_kept(service: Service, tenant: Tenant) -> None:
    text = new_text()
    await service.data(tenant.key, text)
    assert (await post(service, tenant.key, extensions=apollo(text)))["errors"] == [NOT_FOUND]


async def test_one_tenant_does_not_learn_what_another_has_stored(
    service: Service, database: Database, tenant: Tenant
) -> None:
    stranger = await new_key(database, await new_tenant(database))
    text = new_text()
    assert "data" in await post(service, tenant.key, query=text, extensions=apollo(text))
    colleague = await new_key(database, tenant.id, role="reader")
    assert "data" in await post(service, colleague, extensions=apollo(text))
    for ask in (post, get, over_socket):
        assert (await ask(service, stranger, extensions=apollo(text)))["errors"] == [NOT_FOUND]
        by_id = await ask(service, stranger, documentId=f"sha256:{hash_of(text)}")
        assert by_id["errors"] == [NOT_FOUND]


async def test_other_processes_find_them_for_a_day(valkey_url: str, tenant: Tenant) -> None:
    async with connect(valkey_url) as valkey:
        one, other = StoredDocuments(valkey), StoredDocuments(valkey)
        text = new_text()
        await one.keep(tenant.id, hash_of(text), text)
        assert await other.get(tenant.id, hash_of(text)) == text
        left = await valkey.ttl(stored.key(tenant.id))
        assert 0 < left <= stored.SECONDS
        await valkey.expire(stored.key(tenant.id), 1_000)
        await one.keep(tenant.id, hash_of("{ a }"), "{ a }")
        assert await valkey.ttl(stored.key(tenant.id)) <= 1_000  # use does not make them live longer
        await one.close()
        await other.close()


async def test_a_tenant_keeps_no_more_than_its_share(
    valkey_url: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAX_DOCUMENTS", 5)
    monkeypatch.setattr(stored, "MAX_REMEMBERED", 3)
    async with connect(valkey_url) as valkey:
        documents, fresh = StoredDocuments(valkey), StoredDocuments(valkey)
        texts = [new_text() for _ in range(20)]
        for text in texts:
            await documents.keep(tenant.id, hash_of(text), text)
        assert await valkey.hlen(stored.key(tenant.id)) == 5
        assert await documents.get(tenant.id, hash_of(texts[-1])) == texts[-1]
        long = "{ viewer { principal } } #" + "x" * stored.MAX_BYTES
        await documents.keep(tenant.id, hash_of(long), long)
        assert await documents.get(tenant.id, hash_of(long)) is None
        found = [text for text in texts if await fresh.get(tenant.id, hash_of(text))]
        assert len(found) == 5
        await documents.close()
        await fresh.close()


async def test_without_valkey_a_process_remembers_by_itself(tenant: Tenant) -> None:
    async with connect("redis://127.0.0.1:1") as nowhere:
        documents = StoredDocuments(nowhere)
        text = new_text()
        assert await documents.get(tenant.id, hash_of(text)) is None
        await documents.keep(tenant.id, hash_of(text), text)
        assert await documents.get(tenant.id, hash_of(text)) == text
        await documents.close()
