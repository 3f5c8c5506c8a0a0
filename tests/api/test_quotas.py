"""What a request costs, as its caller sees it: over HTTP, SSE and WebSocket."""

from __future__ import annotations

import re
from typing import Any

import pytest
import websockets

from app.provision import create_tenant
from tenancy.database import Database
from tenancy.limits import LIMITS, Limits
from tenancy.models import Plan
from tests.api.live.client import opened
from tests.builders import NUMBERS, Tenant, add_tracks, new_key, new_tenant, song
from tests.service import Service

LIST = "query Songs { tracks(first: 50) { nodes { title artist { name } } } }"
LISTED = 1 + 2 + 50 * (1 + 1 + 1)  # base, connection, and fifty times connection, track and artist
POLICY = re.compile(r'"(\w+)";q=(\d+);w=(\d+);qu="points"')


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    tenant = await new_tenant(database)
    songs = [song(f"Song {n}") for n in range(3)]
    return Tenant(tenant, await add_tracks(database, tenant, songs), await new_key(database, tenant))


async def poor(database: Database, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> Tenant:
    """A tenant that may spend very little."""
    monkeypatch.setitem(LIMITS, "TEAM", limits)
    tenant = await create_tenant(database, f"poor-{next(NUMBERS)}", "Poor", Plan.TEAM)
    return Tenant(tenant, [], await new_key(database, tenant))


def cost(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["extensions"]["cost"]
    return found


async def test_an_answer_costs_what_is_in_it(service: Service, tenant: Tenant) -> None:
    first = cost(await service.post(tenant.key, LIST))
    # Three tracks, each with its artist, in one connection, under the operation's fixed weights.
    assert (first["requested"], first["actual"]) == (LISTED, 3 + 3 + 3 + 1)
    assert first["remaining"] == first["limit"] - first["actual"]
    second = cost(await service.post(tenant.key, LIST))
    assert second["remaining"] in (first["remaining"] - second["actual"], second["limit"] - second["actual"])
    assert "degraded" not in second
    assert second["resetsAt"].endswith("Z")


async def test_an_empty_answer_costs_the_fixed_weights(service: Service, database: Database) -> None:
    key = await new_key(database, await new_tenant(database))
    assert cost(await service.post(key, "{ tracks(first: 50) { nodes { title } } }"))["actual"] == 4
    assert cost(await service.post(key, "{ __typename }"))["actual"] == 1


async def test_expensive_fields_are_not_given_back(service: Service, tenant: Tenant) -> None:
    query = "{ tracks(first: 50) { nodes { similar(first: 1) { edges { score } } } } }"
    spent = cost(await service.post(tenant.key, query))
    assert spent["requested"] > spent["actual"] >= 3 * 20


async def test_wrong_variables_cost_one_point(service: Service, tenant: Tenant) -> None:
    response = await service.post(
        tenant.key, "query ($n: Int!) { tracks(first: $n) { totalCount } }", {"n": "x"}
    )
    assert (cost(response)["requested"], cost(response)["actual"]) == (1, 1)


async def test_the_rate_limit_field_says_the_same(service: Service, tenant: Tenant) -> None:
    response = await service.post(tenant.key, "{ rateLimit { cost limit remaining resetsAt } }")
    said, beside = response.json()["data"]["rateLimit"], cost(response)
    assert (said["cost"], said["limit"]) == (beside["requested"], beside["limit"])
    assert said["remaining"] == beside["remaining"]
    assert said["resetsAt"] == beside["resetsAt"]


async def test_headers_list_the_limits_and_the_nearest(service: Service, tenant: Tenant) -> None:
    response = await service.post(tenant.key, LIST)
    policies = {name: (int(q), int(w)) for name, q, w in POLICY.findall(response.headers["RateLimit-Policy"])}
    limits = LIMITS["DEMO"]
    assert response.headers["RateLimit-Policy"].count(", ") == 2
    assert policies["burst"] == (limits.burst, 3)
    assert policies["minute"] == (limits.per_minute, 60)
    assert policies["month"][0] == limits.per_month
    assert policies["month"][1] // 86400 in (28, 29, 30, 31)
    name, left, seconds = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', response.headers["RateLimit"]).groups()  # type: ignore[union-attr]
    assert name == "burst"
    assert limits.burst - 10 * cost(response)["actual"] <= int(left) <= limits.burst
    assert int(seconds) <= 1


async def test_streams_have_the_headers_too(service: Service, tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {tenant.key}", "Accept": "text/event-stream"}
    response = await service.http.post("/graphql", json={"query": LIST}, headers=headers)
    assert response.headers["RateLimit"].startswith('"burst";r=')
    assert '"actual":10' in response.text


@pytest.mark.parametrize(
    ("limits", "name", "policy"),
    [
        (Limits(20, 10, 1000, 1000), "burst", "burst"),
        (Limits(1000, 1000, 20, 1000), "per_minute", "minute"),
        (Limits(1000, 1000, 1000, 20), "per_month", "month"),
    ],
    ids=["burst", "minute", "month"],
)
async def test_over_a_limit_the_answer_is_429_and_says_when(
    service: Service,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    limits: Limits,
    name: str,
    policy: str,
) -> None:
    tenant = await poor(database, monkeypatch, limits)
    response = await service.post(tenant.key, LIST)
    assert response.status_code == 429
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "QUOTA_EXCEEDED"
    assert (error["extensions"]["limit"], error["extensions"]["cost"]) == (name, LISTED)
    assert int(response.headers["Retry-After"]) == error["extensions"]["retryAfterSeconds"] >= 1
    assert response.headers["RateLimit"].startswith(f'"{policy}";r=20;t=')
    assert "data" not in response.json()
    told = response.json()["extensions"]["cost"]
    assert (told["requested"], told["actual"], told["limit"]) == (0, 0, limits.per_minute)
    # What fits is still answered.
    assert (await service.post(tenant.key, "{ viewer { principal } }")).status_code == 200


async def test_over_websocket_the_operation_fails_and_the_socket_stays(
    service: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await poor(database, monkeypatch, Limits(20, 10, 1000, 1000))
    url = service.url.replace("http", "ws") + "/graphql"
    async with opened(url, tenant.key) as socket:
        await socket.subscribe("1", LIST)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "1")
        extensions = message["payload"][0]["extensions"]
        assert (extensions["code"], extensions["limit"]) == ("QUOTA_EXCEEDED", "burst")
        await socket.subscribe("1", "{ viewer { principal } }")
        payload = (await socket.hear())["payload"]
        assert payload["data"] == {"viewer": {"principal": "test"}}
        assert payload["extensions"]["cost"]["actual"] == 2
        assert socket.connection.state is websockets.State.OPEN


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400), (b"[]", 400), (b'{"query": "{"}', 200), (b'{"query": "{ nothing }"}', 200),
        (b'{"query": "query A { __typename } query B { __typename }"}', 200),
        (b'{"query": "subscription { usageEvents { used } }"}', 406),
    ],
)  # fmt: skip
async def test_what_is_refused_costs_a_point_and_says_so(
    service: Service, database: Database, content: bytes, status: int
) -> None:
    key = await new_key(database, await new_tenant(database))
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    left = []
    for _ in range(2):
        response = await service.http.post("/graphql", content=content, headers=headers)
        body = response.json()
        assert (response.status_code, bool(body["errors"][0]["extensions"]["code"])) == (status, True)
        assert response.headers["RateLimit"]
        assert body["extensions"]["cost"]["actual"] == 1
        left.append(body["extensions"]["cost"]["remaining"])
    assert left[0] - left[1] == 1
