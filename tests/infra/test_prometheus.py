"""A real Prometheus scrapes the service after some load: every panel shows something."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from app.embedded.ports import free_port
from app.telemetry.metrics import MODEL_COST, MODEL_TOKENS
from tenancy.database import Database
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.infra.test_monitoring import BOARDS
from tests.service import Service

SCRAPES = 8  # a rate needs some samples within its five minutes
# What takes something that a test does not do: refusals, a lost Valkey, statements that time out.
QUIET = {"tenants: Refused by quotas"}


@pytest_asyncio.fixture
async def loaded(service: Service, database: Database) -> AsyncIterator[Service]:
    """The service, asked for things all the while."""
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    ids = await add_tracks(database, tenant, [song() for _ in range(3)])
    assert ids
    running = asyncio.create_task(ask(service, key))
    yield service
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def ask(service: Service, key: str) -> None:
    MODEL_TOKENS.labels("test", "in").inc()  # no model is asked here: the series alone
    MODEL_COST.labels("test").inc(0.01)
    while True:
        await service.post(key, "query Feed { tracks(first: 3) { nodes { id } } }")
        await service.post(key, "mutation { analyzeTracks(input: {filter: {}}) { __typename } }")
        await service.post(key, '{ tracks(first: 3, after: "nonsense") { nodes { id } } }')
        await asyncio.sleep(0.2)


@pytest_asyncio.fixture
async def prometheus(loaded: Service, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("This needs Prometheus: apt-get install prometheus.")
    port = free_port()
    jobs = [
        {
            "job_name": f"rap-analyzer-{half}",
            "static_configs": [{"targets": [loaded.url.removeprefix("http://")]}],
        }
        for half in ("api", "worker")
    ]
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    command = [
        *(
            program,
            f"--config.file={tmp_path / 'prometheus.yaml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
        ),
        *(f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"),
    ]
    process = await asyncio.create_subprocess_exec(*command)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        yield http
    process.terminate()
    await process.wait()


async def test_every_panel_shows_something(prometheus: httpx.AsyncClient) -> None:
    queries = {
        f"{board.stem}: {panel['title']}": [target["expr"] for target in panel["targets"]]
        for board in BOARDS
        for panel in json.loads(board.read_text())["panels"]
    }
    await until_scraped(prometheus)
    empty: set[str] = set()
    for _ in range(60):  # the worker needs a moment for the first analyses
        empty = {
            place
            for place, expressions in queries.items()
            for expression in expressions
            if not await answer(prometheus, expression)
        }
        if empty <= QUIET:
            break
        await asyncio.sleep(1)
    assert empty <= QUIET


async def until_scraped(http: httpx.AsyncClient) -> None:
    for _ in range(600):
        with suppress(httpx.ConnectError):
            if await answer(http, f"min(count_over_time(up[5m])) >= {SCRAPES}"):
                return
        await asyncio.sleep(0.1)
    raise AssertionError("Prometheus does not scrape.")


async def answer(http: httpx.AsyncClient, expression: str) -> list[dict[str, Any]]:
    response = (await http.get("/api/v1/query", params={"query": expression})).json()
    assert response["status"] == "success", (expression, response)
    found: list[dict[str, Any]] = response["data"]["result"]
    return [each for each in found if each["value"][1] != "NaN"]
