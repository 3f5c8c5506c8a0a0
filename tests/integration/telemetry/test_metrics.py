"""What /metrics shows, of a service that has been used."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.embedded.ports import free_port
from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer
from app.jobs import Job, Priority, request
from app.worker import run_worker
from tenancy.database import Database
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.databases import another, opened
from tests.service import Service, serving

FEED = "query Feed { tracks(first: 3) { edges { node { id title } } } }"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def samples(http: httpx.AsyncClient) -> Samples:
    text = (await http.get("/metrics")).raise_for_status().text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0)


async def test_requests_count_under_names_that_are_ours(service: Service, database: Database) -> None:
    key = await new_key(database, await new_tenant(database, "named-in-no-figure"))
    before = await samples(service.http)
    cost = 0
    for text in (FEED, FEED, FEED.replace("Feed", "NamedByACaller")):
        answer = (await service.post(key, text)).json()
        cost += answer["extensions"]["cost"]["actual"] if text == FEED else 0
    await service.http.request("PUT", "/graphql")
    after = await samples(service.http)
    for operation, times in (("Feed", 2), ("other", 1)):
        labels = {"operation": operation, "method": "POST", "status": "200"}
        name = "rap_analyzer_requests_total"
        assert value(after, name, **labels) - value(before, name, **labels) == times
    refused = {"operation": "other", "method": "other", "status": "405"}
    assert value(after, "rap_analyzer_requests_total", **refused) >= 1
    name = "rap_analyzer_points_total"
    assert value(after, name, operation="Feed") - value(before, name, operation="Feed") == cost > 0
    shown = str(after)
    assert "NamedByACaller" not in shown
    assert "named-in-no-figure" not in shown


async def test_no_label_is_a_tenants_own(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    await add_tracks(database, tenant, [song("A title of theirs")])
    await service.post(key, "{ tracks(first: 1) { edges { node { title } } } }")
    labels = {label for _, labels in await samples(service.http) for label, _ in labels}
    assert labels <= {
        *("operation", "method", "status", "transport", "code", "limit", "kind", "job", "outcome", "le"),
        *("analyzer", "model", "direction", "pool", "version", "major", "minor", "patchlevel"),
        *("implementation", "generation"),
    }


async def test_an_unknown_document_is_parsed_and_planned_once(service: Service, database: Database) -> None:
    key = await new_key(database, await new_tenant(database))
    text = f"query {{ tracks(first: 2) {{ edges {{ node {{ id }} }} }} }} # {time.time_ns()}"
    before = await samples(service.http)
    for _ in range(3):
        await service.data(key, text)
    after = await samples(service.http)
    for name in ("rap_analyzer_documents_parsed_total", "rap_analyzer_plans_compiled_total"):
        assert value(after, name) - value(before, name) == 1


async def test_a_worker_answers_probes_and_shows_its_queue(
    postgres_server: PostgresServer, database_url: str, valkey_server: ValkeyServer
) -> None:
    url = await another(postgres_server, database_url, "rap_metrics")
    stop = asyncio.Event()
    async with opened(url) as database, serving(url, valkey_server.url, worker=False) as api:
        tenant = await new_tenant(database)
        tracks = await add_tracks(database, tenant, [song() for _ in range(2)])
        key = await new_key(database, tenant)
        waiting = await samples(api.http)
        assert value(waiting, "rap_analyzer_queue_waiting") > 0
        assert value(waiting, "rap_analyzer_queue_oldest_seconds") > 0
        settings = api.settings.model_copy(update={"worker_port": free_port()})
        working = asyncio.create_task(run_worker(settings, stop))
        worker = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.worker_port}", timeout=30)
        await until(worker, "/livez", "ok")
        assert (await worker.get("/readyz")).json() == {"database": "ok", "valkey": "ok"}
        assert (await worker.get("/graphql")).status_code == 404
        await analysed(api, key, len(tracks))
        found = await until_done(worker, waiting, len(tracks))
        assert value(found, "rap_analyzer_job_seconds_count", job="analyze", outcome="done") >= 1
        assert value(found, "rap_analyzer_worker_processes") == 1
        assert value(found, "rap_analyzer_event_lag_seconds_count") >= 1
        stop.set()
        await working
        with pytest.raises(httpx.ConnectError):
            await worker.get("/livez")
        await worker.aclose()


async def until_done(worker: httpx.AsyncClient, before: Samples, tracks: int) -> Samples:
    """The figures, once nothing waits, and a run and so many tracks have ended that had not before."""

    def more(name: str, **labels: str) -> float:
        return value(found, name, **labels) - value(before, name, **labels)

    for _ in range(600):
        found = await samples(worker)
        finished = more("rap_analyzer_events_published_total", kind="RunFinished") > 0
        # Other tests' workers count in this process, too: it may be theirs that ended.
        analysed = (
            more("rap_analyzer_analyses_total", analyzer=analyzer, status="COMPLETED")
            for analyzer in ("rhyme", "emotion", "themes", "vocabulary", "content")
        )
        if (
            finished
            and all(count >= tracks for count in analysed)
            and not value(found, "rap_analyzer_queue_waiting")
        ):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"The worker is not done: {found}")


async def until(http: httpx.AsyncClient, path: str, text: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get(path)).text == text:
                    return
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


async def analysed(api: Service, key: str, tracks: int) -> None:
    found = await api.data(key, "{ tracks(first: 100) { nodes { id } } }")
    ids = [node["id"] for node in found["tracks"]["nodes"]]
    assert len(ids) == tracks
    text = "mutation ($ids: [ID!]) { analyzeTracks(input: {ids: $ids}) { __typename } }"
    assert (await api.data(key, text, ids=ids))["analyzeTracks"]["__typename"] == "AnalyzeTracksPayload"


async def test_a_queue_that_nobody_can_see_is_no_empty_one(
    service: Service, database: Database, owner_url: str
) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        # Of a name that no worker takes.
        await request(session, Job.EMBED, tenant, Priority.BATCH)
    urls = service.settings.database_url or "", service.settings.redis_url or ""
    async with serving(*urls, worker=False) as api:
        owner = await asyncpg.connect(owner_url)
        try:
            await owner.execute("alter table pgqueuer rename to pgqueuer_away")
            found = await samples(api.http)
        finally:
            await owner.execute("alter table pgqueuer_away rename to pgqueuer")
            await owner.close()
        assert str(value(found, "rap_analyzer_queue_waiting")) == "nan"
        assert str(value(await samples(api.http), "rap_analyzer_queue_waiting")) != "nan"
