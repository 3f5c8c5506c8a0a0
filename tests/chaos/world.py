"""A deployment of processes: two APIs, three workers, Postgres and Valkey; whatever ends is started again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.embedded.ports import free_port
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey
from app.migrate import migrate
from tenancy.rls import APP_ROLE
from tests.databases import LOGIN, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
APIS, WORKERS = 2, 3
READY_SECONDS = 60.0


@dataclass(slots=True)
class Program:
    """A process of ours and how to start it again."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    killed: int = 0
    ended: int = 0  # by itself: where it was started without its servers, and that may be


@dataclass(slots=True)
class World:
    """Kill what you like."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    database_url: str
    redis_url: str
    folder: Path
    urls: list[str] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
    servers: dict[str, int] = field(default_factory=dict)  # by name: the process id
    killed: list[str] = field(default_factory=list)

    async def kill(self, name: str, pause: float) -> None:
        """kill -9; what it was is there again after a pause, if not at once."""
        self.killed.append(name)
        if name in self.servers:
            server = self.postgres if name == "postgres" else self.valkey
            os.kill(self.servers[name], signal.SIGKILL)
            await asyncio.sleep(pause)
            await server.stop()
            self.servers[name] = (await server.start()).pid
        else:
            program = next(each for each in self.programs if each.name == name)
            program.killed += 1
            program.process.kill()

    @property
    def names(self) -> list[str]:
        return [*self.servers, *(program.name for program in self.programs)]

    def spawn(self, name: str, *arguments: str) -> None:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "graphql")]),
            "RAP_ANALYZER_DATABASE_URL": self.database_url,
            "RAP_ANALYZER_REDIS_URL": self.redis_url,
            "RAP_ANALYZER_LOG_LEVEL": "WARNING",
        }

        def start() -> subprocess.Popen[bytes]:
            with (self.folder / f"{name}.log").open("ab") as log:
                command = [sys.executable, "-m", "app.cli", *arguments]
                return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

        self.programs.append(Program(name, start, start()))

    async def supervise(self) -> None:
        """Starts again what has ended, as systemd or Kubernetes would."""
        while True:
            await asyncio.sleep(0.2)
            for program in self.programs:
                if program.process.poll() is not None:
                    program.ended += program.process.returncode != -signal.SIGKILL
                    await asyncio.sleep(random.uniform(0, 0.5))
                    program.process = program.start()

    async def ready(self) -> None:
        """Returns when every API answers."""
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as http:
            for url in self.urls:
                await ready(http, url)

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def unexpected(self) -> list[str]:
        """What the programs did not expect, in their own words."""
        return [line for line in self.logs().splitlines() if "unexpected_error" in line or "failed" in line]


async def ready(http: httpx.AsyncClient, url: str) -> None:
    while True:
        with suppress(httpx.HTTPError):
            if (await http.get(f"{url}/readyz")).status_code == 200:
                return
        await asyncio.sleep(0.1)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Durable servers on pinned ports, so that they are found again where they were."""
    postgres = EmbeddedPostgres(folder / "postgres", port=free_port())
    valkey = EmbeddedValkey(folder / "valkey", port=free_port())
    running, store = await postgres.start(), await valkey.start()
    try:
        owner_url = await running.ensure_database("chaos")
        await migrate(owner_url)
        connection = await running.connect()
        await connection.execute(f"create role {LOGIN} login nosuperuser nobypassrls password '{PASSWORD}'")
        await connection.execute(f"grant {APP_ROLE} to {LOGIN} with inherit false, set true")
        await connection.close()
        place = f"{LOGIN}:{PASSWORD}@127.0.0.1:{running.port}"
        url = urlunsplit(urlsplit(owner_url)._replace(netloc=place))
        (folder / "logs").mkdir()
        made = World(postgres, valkey, url, store.url, folder / "logs")
        made.servers = {"postgres": running.pid, "valkey": store.pid}
        for number in range(APIS):
            port = free_port()
            made.urls.append(f"http://127.0.0.1:{port}")
            made.spawn(f"api-{number}", "serve", "--port", str(port))
        for number in range(WORKERS):
            made.spawn(f"worker-{number}", "worker", "--processes", "1")
        supervisor = asyncio.create_task(made.supervise())
        try:
            await made.ready()
            yield made
        except BaseException:
            print(*made.unexpected(), sep="\n")  # noqa: T201 - what there is to find the cause by
            raise
        finally:
            supervisor.cancel()
            await asyncio.gather(supervisor, return_exceptions=True)
            for program in made.programs:
                program.process.kill()
                program.process.wait()
    finally:
        await postgres.stop()
        await valkey.stop()
