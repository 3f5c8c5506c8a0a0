"""One reading of an event serves all subscribers of a process who see the same of it, and nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from api.execution import subscribing
from api.planner import reading
from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tenancy.scopes import Scope
from tests.api.live.client import Socket, opened
from tests.builders import Tenant, new_key, new_tenant, song
from tests.service import Service, serving

EVENTS = """subscription ($after: String, $run: ID, $with: Boolean = true) {
  analysisEvents(after: $after, run: $run) { __typename ... on Event { cursor }
    ... on AnalysisCompleted { analysis { id analyzer { name } track { title lyrics { text } } score: scores
      @include(if: $with) { name } } }
    ... on RunFinished { run { id status } } } }"""
OTHER = "subscription { analysisEvents { ... on AnalysisCompleted { analysis { id } } } }"
ADD = """mutation ($i: AddTracksInput!) { addTracks(input: $i) {
  ... on AddTracksPayload { tracks { id } run { id } } } }"""
ANALYSES = 10  # of two tracks


@pytest_asyncio.fixture(loop_scope="session")
async def readings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often an analysis was read, by whom; nothing that was read grows old meanwhile."""
    found: Counter[str] = Counter()
    read = reading.statement

    async def counted(plan: Any, ask: Any, values: Any, failed: Any, path: Any) -> bytes:
        if path == ("analysis",):
            found[str(ask.context.principal.tenant)] += 1
        return await read(plan, ask, values, failed, path)

    monkeypatch.setattr(reading, "statement", counted)
    monkeypatch.setattr(subscribing, "SHARED_SECONDS", 3_600.0)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def shared(
    readings: Counter[str], database_url: str, valkey_server: ValkeyServer
) -> AsyncIterator[Service]:
    async with serving(database_url, valkey_server.url) as service:
        yield service


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


def address(service: Service) -> str:
    return service.url.replace("http", "ws") + "/graphql"


async def add(service: Service, tenant: Tenant) -> str:
    songs = [song(), song()]
    tracks = [{"title": each.title, "artist": each.artist, "lyrics": each.lyrics} for each in songs]
    added = await service.data(tenant.key, ADD, i={"tracks": tracks, "analyze": True})
    return str(added["addTracks"]["run"]["id"])


async def heard(socket: Socket, run: str) -> list[Any]:
    """What the subscriber is told of analyses, up to the end of the run."""
    found = []
    while True:
        event = (await socket.hear())["payload"]["data"]["analysisEvents"]
        if event["__typename"] == "AnalysisCompleted":
            found.append(event)
        if event["__typename"] == "RunFinished" and event["run"]["id"] == run:
            return found


async def test_many_sockets_and_streams_share_one_reading(
    shared: Service, tenant: Tenant, readings: Counter[str]
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(address(shared), tenant.key)) for _ in range(8)]
        for n, socket in enumerate(sockets):
            # Wherever they resume, and whatever they call the operation's own id.
            await socket.subscribe(f"id {n}", EVENTS, **({"after": "0-0"} if n % 2 else {}))
        headers = {"Authorization": f"Bearer {tenant.key}", "Accept": "text/event-stream"}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=shared.url, timeout=30))
        stream = await stack.enter_async_context(
            http.stream(
                "POST", "/graphql", json={"query": EVENTS}, headers={**headers, "Last-Event-ID": "0-0"}
            )
        )
        await shared.followed_by(9)
        run = await add(shared, tenant)
        told = await asyncio.gather(*(heard(socket, run) for socket in sockets))
        events = []
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                events.append(orjson.loads(line[6:])["data"]["analysisEvents"])
                if events[-1]["__typename"] == "RunFinished":
                    break
    assert len(told[0]) == ANALYSES
    assert all(each == told[0] for each in told)
    assert [event for event in events if "analysis" in event] == told[0]
    assert readings == {str(tenant.id): ANALYSES}


async def test_who_sees_something_else_has_a_reading_of_their_own(
    shared: Service, database: Database, tenant: Tenant, readings: Counter[str]
) -> None:
    reader = await new_key(database, tenant.id, Scope.TRACKS_READ)
    async with (
        opened(address(shared), tenant.key) as whole,
        opened(address(shared), reader) as without_words,
        opened(address(shared), tenant.key) as without_scores,
        opened(address(shared), tenant.key) as other,
    ):
        for socket in (whole, without_words):
            await socket.subscribe("1", EVENTS, after="0-0")
        await without_scores.subscribe("1", EVENTS, after="0-0", **{"with": False})
        await other.subscribe("1", OTHER)
        await shared.followed_by(4)
        run = await add(shared, tenant)
        seen = await heard(whole, run)
        assert {bool(event["analysis"]["track"]["lyrics"]) for event in seen} == {True}
        assert {"score" in event["analysis"] for event in seen} == {True}
        assert {"score" in event["analysis"] for event in await heard(without_scores, run)} == {False}
        for _ in range(ANALYSES):
            payload = (await without_words.hear())["payload"]
            if payload["data"]["analysisEvents"]["__typename"] == "AnalysisCompleted":
                assert payload["data"]["analysisEvents"]["analysis"]["track"]["lyrics"] is None
                assert payload["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert readings[str(tenant.id)] <= 4 * ANALYSES
    assert readings[str(tenant.id)] > 2 * ANALYSES
