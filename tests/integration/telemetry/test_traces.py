"""One trace follows a request from HTTP to its SQL, and on to the job that it caused."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from app.embedded.ports import free_port
from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer
from app.telemetry.tracing import span
from tests.builders import new_key, new_tenant
from tests.databases import another, opened
from tests.integration.telemetry.collector import Collector, collecting
from tests.integration.telemetry.test_metrics import until

ROOT = Path(__file__).parents[3]
TRACE = "0af7651916cd43dd8448eb211c80319c"
COMMANDS = "serve", "worker"
LYRICS = "The ferryman has sold his oar\\nand will not cross the river more"
ADD = """mutation {{ addTracks(input: {{analyze: true, tracks: [
  {{title: "Oar", artist: "Ferry", lyrics: "{lyrics}"}}]}}) {{ __typename }} }}"""


def test_nothing_is_imported_where_nothing_is_traced() -> None:
    code = "import app.main, app.worker, sys; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'graphql'}"}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    # PgQueuer and redis-py import parts of OpenTelemetry where it is installed, and do nothing with them.
    loaded = set(done.stdout.split())
    assert not loaded & {"app.telemetry.spans", "opentelemetry.sdk.trace", "opentelemetry.instrumentation"}
    with span("nothing") as current:
        assert current is None


async def test_a_trace_goes_from_the_request_to_the_job(
    postgres_server: PostgresServer, database_url: str, valkey_server: ValkeyServer, tmp_path: Path
) -> None:
    url = await another(postgres_server, database_url, "rap_traces")
    async with opened(url) as database:
        key = await new_key(database, await new_tenant(database))
    with collecting() as collector:
        port, worker_port = free_port(), free_port()
        environment = {
            name: text for name, text in os.environ.items() if not name.startswith("RAP_ANALYZER_")
        }
        environment |= {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'graphql'}",
            "RAP_ANALYZER_DATABASE_URL": url,
            "RAP_ANALYZER_REDIS_URL": valkey_server.url,
            "RAP_ANALYZER_OTLP_ENDPOINT": collector.url,
            "RAP_ANALYZER_TRACE_RATIO": "1",
            "RAP_ANALYZER_WORKER_PROCESSES": "1",
            "RAP_ANALYZER_WORKER_PORT": str(worker_port),
            "PORT": str(port),
        }
        logs = tmp_path / "api.log", tmp_path / "worker.log"
        processes = [begin(name, log, environment) for name, log in zip(COMMANDS, logs, strict=True)]
        try:
            await exercise(key, port, worker_port)
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            codes = [process.wait(30) for process in processes]
        assert codes == [0, 0], [log.read_text() for log in logs]
        check(collector)
    assert "ferryman" not in "".join(log.read_text() for log in logs)


def begin(command: str, log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "app.cli", command]
    with log.open("wb") as file:
        return subprocess.Popen(program, cwd=log.parent, env=environment, stderr=file)


async def exercise(key: str, port: int, worker_port: int) -> None:
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as api,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{worker_port}") as worker,
    ):
        await until(api, "/livez", "ok")
        await until(worker, "/livez", "ok")
        headers = {"Authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        for text in (ADD.format(lyrics=LYRICS), "query Feed { tracks(first: 1) { nodes { title } } }"):
            answer = await api.post("/graphql", json={"query": text}, headers=headers)
            assert "errors" not in answer.json(), answer.text
        await until_done(worker)


async def until_done(worker: httpx.AsyncClient) -> None:
    wanted = 'rap_analyzer_job_seconds_count{job="analyze",outcome="done"}'
    for _ in range(600):
        if wanted in (await worker.get("/metrics")).text:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("The job is not done.")


def check(collector: Collector) -> None:
    spans: dict[str, list[Any]] = {}
    for each in collector.spans:
        if each.trace_id.hex() == TRACE:
            spans.setdefault(each.name, []).append(each)
    ids = {each.span_id for group in spans.values() for each in group}
    requests = spans["POST /graphql"]
    assert len(requests) == 2
    for name in (
        "cost",
        "charge",
        "execute query",
        "execute mutation",
        "plan",
        "process analyze",
        "analyze",
        "embed",
    ):
        assert name in spans, sorted(spans)
    statements = [each for group in spans.values() for each in group if "db.statement" in of(each)]
    assert any("from tracks" in of(each)["db.statement"].lower() for each in statements)
    assert any(of(each).get("db.system") == "redis" for each in statements), "nothing of Valkey"
    assert any("insert into analyses" in of(each)["db.statement"].lower() for each in statements)
    assert any("select" in of(each).get("db.query.text", "").lower() for each in collector.spans)
    for name, group in spans.items():
        for each in group:
            assert each.parent_span_id in ids or name == "POST /graphql", f"{name} hangs on nothing"
    for secret in (b"ferryman", b"rap_demo_", b"Oar"):
        assert secret not in collector.bodies
    polls = [each for each in collector.spans if not each.parent_span_id]
    assert [each for each in polls if each.kind == 3] == [], "a poll is a trace of its own"  # 3: CLIENT


def of(each: Any) -> dict[str, str]:
    return {attribute.key: attribute.value.string_value for attribute in each.attributes}
