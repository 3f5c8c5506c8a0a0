"""rap-analyzer serve: the API, for production."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on. [8000, or PORT]")
    ] = None,
) -> None:
    """Serve the API in one process, without a worker; run one process a core behind a load balancer.

    RAP_ANALYZER_DATABASE_URL and RAP_ANALYZER_REDIS_URL say where the database and Valkey are.

    \b
    rap-analyzer migrate && rap-analyzer serve --host 0.0.0.0 --port 8000
    """
    from app.cli import stopping
    from app.settings import Settings

    given = {"host": host, "port": port}
    settings = Settings().model_copy(update={key: value for key, value in given.items() if value is not None})
    stopping.run(until_stopped(settings, http=True))


async def until_stopped(settings: Settings, *, http: bool) -> None:
    """Serves, or works, until a signal comes. Raises Failure."""
    from app.cli.hosting import check, hosting
    from app.cli.listening import listen, url
    from app.cli.services import located
    from app.cli.stopping import Stopping
    from app.cli.terminal import say
    from app.garbage import look_seldom
    from app.telemetry.logs import configure_logs

    stopping = Stopping()
    stopping.listen()
    configure_logs(settings.log_level, plain_libraries=settings.environment == "development")
    with listen(settings.host, settings.port) if http else nullcontext() as sock:
        settings = located(settings)
        await check(settings)
        async with hosting(settings, sock=sock, worker=not http) as running:
            if http:
                look_seldom()
            say(f"Serving on {url(settings.host, settings.port)}" if http else "Working.")
            await stopping.unless_stopped(running)
