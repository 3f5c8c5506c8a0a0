"""The HTTP server and the worker as tasks of one process, with one orderly end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from app.cli.failures import Failure
from app.http.probes import QuietServer
from app.settings import Settings

REQUEST_SHARE = 0.6  # of the time to drain: the rest is for closing what they used
READY_SECONDS = 60.0


class Server(QuietServer):
    """The API's."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        except SystemExit as error:  # it would take the event loop down, and our servers' orderly end with it
            raise Failure("The service could not start; its log says why.") from error


def server(settings: Settings) -> Server:
    from api.request_body import MAX_BODY
    from app.main import create_app

    config = uvicorn.Config(
        create_app(settings),
        loop="none",
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=MAX_BODY,
        ws_per_message_deflate=False,  # events are short, and it takes as much memory as the socket itself
        ws_ping_interval=None,  # api.session asks by itself
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, int(settings.drain_seconds * REQUEST_SHARE)),
    )
    return Server(config)


@asynccontextmanager
async def hosting(
    settings: Settings, *, sock: socket.socket | None = None, worker: bool = False
) -> AsyncIterator[asyncio.Task[None]]:
    """Serves on `sock`, works, or both; inside the block all of it is ready.

    Yields a task that ends when one of them does: with its error, or with Failure if it just ended.
    """
    stop = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    http = server(settings) if sock is not None else None
    if http is not None and sock is not None:
        tasks.append(asyncio.create_task(http.serve(sockets=[sock]), name="The HTTP server"))
    if worker:
        from app.worker import run_worker

        tasks.append(asyncio.create_task(run_worker(settings, stop), name="The worker"))
    watch = asyncio.create_task(first_end(tasks))
    try:
        if http is not None and sock is not None:
            await ready(http, sock, watch)
        yield watch
    finally:
        watch.cancel()
        stop.set()
        if http is not None:
            http.should_exit = True
        _, late = await asyncio.wait(tasks, timeout=settings.drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(watch, *tasks, return_exceptions=True)


async def first_end(tasks: list[asyncio.Task[None]]) -> None:
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in ended:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            raise error
        raise Failure(f"{task.get_name()} ended unexpectedly; its log says why.")


async def ready(http: Server, sock: socket.socket, watch: asyncio.Task[None]) -> None:
    """Returns when /readyz answers 200. Raises what ended the server, or Failure after READY_SECONDS."""
    host, port = sock.getsockname()[:2]
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while not (http.started and await answers(host, port)):
        if watch.done():
            await watch
        if asyncio.get_running_loop().time() > deadline:
            raise Failure(f"The service did not become ready in {READY_SECONDS:.0f} s; its log says why.")
        await asyncio.sleep(0.05)


async def answers(host: str, port: int) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = await asyncio.wait_for(reader.readline(), 5)
        return b" 200" in status
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()


async def check(settings: Settings) -> None:
    """The database and Valkey answer; else Failure, in a sentence that a server's log would bury."""
    await check_database(settings)
    if not settings.redis_url:
        raise Failure("Say where Valkey or Redis is: set RAP_ANALYZER_REDIS_URL.")
    await check_valkey(settings.redis_url)


async def check_valkey(url: str) -> None:
    """Valkey answers, and is what the URL says: one server, or a cluster. Raises Failure."""
    from redis.asyncio import Redis

    from tenancy.valkey import AWAY, address, connect

    try:
        client = connect(url, socket_connect_timeout=5, socket_timeout=5)
    except ValueError:
        raise Failure(
            "RAP_ANALYZER_REDIS_URL is not a URL such as redis://:password@host:6379/0, or of a cluster"
            " redis+cluster://:password@host:6379,host:6379."
        ) from None
    at = address(url)
    try:
        await client.ping()
        if isinstance(client, Redis) and (await client.info("cluster")).get("cluster_enabled"):
            scheme = "redis+cluster" if url.startswith("redis:") else "rediss+cluster"
            raise Failure(
                f"Valkey at {at} is a node of a cluster: let RAP_ANALYZER_REDIS_URL begin with {scheme}://."
            )
    except AWAY as error:
        reason = str(error).rstrip(".")
        raise Failure(f"Valkey at {at} can't be used: {reason}.") from error
    finally:
        await client.aclose()


async def check_database(settings: Settings) -> None:
    """The database answers, and has the layout of this version. Raises Failure."""
    import asyncpg

    from app.cli.services import open_database
    from app.migrate import is_outdated

    outdated = Failure("The database is not set up for this version. Run: rap-analyzer migrate")
    async with open_database(settings) as database, database.unpinned() as connection:
        try:
            if await is_outdated(connection):
                raise outdated
        except asyncpg.UndefinedTableError:
            raise outdated from None
