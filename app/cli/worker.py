"""rap-analyzer worker: analyses and embeddings, for production."""

from __future__ import annotations

from typing import Annotated

import typer


def worker(
    processes: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that analyse; about one a core. [2]")
    ] = None,
) -> None:
    """Do queued work: analyse tracks and embed them. Run as many workers as you like, on any machine.

    RAP_ANALYZER_DATABASE_URL and RAP_ANALYZER_REDIS_URL say where the database and Valkey are. SIGTERM lets
    the jobs at hand finish; what is not finished is taken up by another worker.

    \b
    rap-analyzer worker --processes 8
    """
    from app.cli import stopping
    from app.cli.failures import Failure
    from app.cli.serve import until_stopped
    from app.settings import Settings

    settings = Settings()
    if processes is not None:
        settings = settings.model_copy(update={"worker_processes": processes})
    if settings.pooler == "transaction":
        raise Failure(
            "A worker needs connections of its own: give it the URL of Postgres itself in"
            " RAP_ANALYZER_DATABASE_URL, and no RAP_ANALYZER_POOLER."
        )
    stopping.run(until_stopped(settings, http=False))
