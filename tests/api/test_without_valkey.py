"""Valkey goes and comes back while requests are answered."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx

from app.cli.hosting import hosting
from app.embedded.valkey import EmbeddedValkey
from app.settings import Settings
from tenancy.database import Database
from tests.builders import new_key, new_tenant
from tests.service import Service

QUERY = "query Who { viewer { principal } }"


@asynccontextmanager
async def serving_with(
    database_url: str, key: str, without: Literal["local", "refuse"]
) -> AsyncIterator[tuple[Service, EmbeddedValkey]]:
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        valkey = EmbeddedValkey(Path(folder) / "valkey")
        async with valkey as running:
            settings = Settings(
                database_url=database_url,
                redis_url=running.url,
                log_level="ERROR",
                quota_without_valkey=without,
            )
            sock = socket.create_server(("127.0.0.1", 0))
            async with hosting(settings, sock=sock):
                url = f"http://127.0.0.1:{sock.getsockname()[1]}"
                async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                    service = Service(url, settings, http)
                    # To fork, for a server, may wait for ever while BLAS computes in a thread: the model
                    # is read before a Valkey is started again.
                    await service.data(key, '{ searchTracks(query: "warm", first: 1) { totalCount } }')
                    yield service, valkey


async def cost(service: Service, key: str) -> dict[str, Any]:
    response = await service.post(key, QUERY)
    assert response.status_code == 200, response.text
    assert response.headers["RateLimit"]
    found: dict[str, Any] = response.json()["extensions"]["cost"]
    return found


async def healed(service: Service, key: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while (found := await cost(service, key)).get("degraded"):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    return found


async def noticed(service: Service, key: str) -> httpx.Response:
    """The first answer that knows of it: what was paid for before is good for a second."""
    async with asyncio.timeout(20):
        while (  # noqa: ASYNC110 - another process
            response := await service.post(key, QUERY)
        ).is_success and "degraded" not in response.text:
            await asyncio.sleep(0.1)
    return response


async def test_requests_go_on_and_say_so(database: Database, database_url: str) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    async with serving_with(database_url, key, "local") as (service, valkey):
        assert "degraded" not in await cost(service, key)
        charged = await service.metric("rap_analyzer_quota_local_charges_total")
        await valkey.stop()
        assert (await noticed(service, key)).json()["extensions"]["cost"]["degraded"] is True
        for _ in range(20):
            assert (await cost(service, key))["degraded"] is True
        assert await service.metric("rap_analyzer_quota_degraded") == 1
        assert await service.metric("rap_analyzer_quota_local_charges_total") == charged + 21
        await valkey.start()
        await healed(service, key)
        assert await service.metric("rap_analyzer_quota_degraded") == 0
        quota = "{ viewer { apiKey { quota { usedThisMonth } } } }"
        await asyncio.sleep(1.5)  # what was let through meanwhile is booked by then
        used = (await service.data(key, quota))["viewer"]["apiKey"]["quota"]["usedThisMonth"]
        assert used >= 2 * (1 + 20)


async def test_requests_are_refused_where_that_is_wanted(database: Database, database_url: str) -> None:
    key = await new_key(database, await new_tenant(database))
    async with serving_with(database_url, key, "refuse") as (service, valkey):
        assert (await service.post(key, QUERY)).status_code == 200
        await valkey.stop()
        for response in (await noticed(service, key), await service.post(key, QUERY)):
            assert response.status_code == 503
            assert response.headers["Retry-After"] == "1"
            assert response.json()["errors"][0]["extensions"]["code"] == "QUOTA_UNAVAILABLE"
        await valkey.start()
        async with asyncio.timeout(20):
            while (await service.post(key, QUERY)).status_code != 200:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
