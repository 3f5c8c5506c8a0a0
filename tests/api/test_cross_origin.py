"""Pages of other sites: those that an operator has named may use the API with a key, and no others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.api.live.client import opened
from tests.builders import new_key, new_tenant
from tests.service import serving

PAGE, STRANGER = "https://app.example.com", "https://evil.example"
HELLO = "{ viewer { principal } }"


def preflight(origin: str) -> dict[str, Any]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_a_page_that_was_named(
    database: Database, database_url: str, valkey_server: ValkeyServer
) -> None:
    key = await new_key(database, await new_tenant(database))
    async with serving(database_url, valkey_server.url, origins=(PAGE,)) as service:
        asked = await service.http.options("/graphql", headers=preflight(PAGE))
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == PAGE
        assert "access-control-allow-credentials" not in asked.headers
        headers = {"Origin": PAGE, "Authorization": f"Bearer {key}"}
        answer = await service.http.post("/graphql", json={"query": HELLO}, headers=headers)
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "RateLimit" in answer.headers["access-control-expose-headers"]
        url = f"{service.url}/graphql".replace("http", "ws")
        async with opened(url, key, additional_headers={"Origin": PAGE}):
            pass
        refused = await service.http.options("/graphql", headers=preflight(STRANGER))
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (400, False)
        with pytest.raises(InvalidStatus) as closed:
            async with opened(url, key, additional_headers={"Origin": STRANGER}):
                pass
        assert closed.value.response.status_code == 403


async def test_nobody_is_named_by_default(service: Any) -> None:
    answer: httpx.Response = await service.http.options("/graphql", headers=preflight(PAGE))
    assert "access-control-allow-origin" not in answer.headers
