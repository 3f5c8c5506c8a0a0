"""rap-analyzer up: everything, from one command."""

from __future__ import annotations

from typing import Annotated

import typer


def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on. [8000, or PORT]")
    ] = None,
) -> None:
    """Start everything on this machine: Postgres, Valkey, the API, a worker and two demo tenants.

    The first start takes less than a minute: it migrates the database, loads sixty songs and analyses them.
    Data stay in .data (or RAP_ANALYZER_DATA_DIR), so that the next start takes seconds. Ctrl-C stops all of
    it. Servers that RAP_ANALYZER_DATABASE_URL and RAP_ANALYZER_REDIS_URL name are used in place of its own.

    \b
    rap-analyzer up
    PORT=8001 RAP_ANALYZER_DATA_DIR=/tmp/second rap-analyzer up
    """
    from app.settings import Settings

    settings = Settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})

    from app.cli import instance, stopping

    stopping.run(instance.run(settings))
