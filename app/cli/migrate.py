"""rap-analyzer migrate: the database's layout brought up to date."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.failures import Failure, of_database

if TYPE_CHECKING:
    from app.settings import Settings


def migrate(
    wait: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Migrate nothing: wait until somebody else has done it."),
    ] = None,
) -> None:
    """Bring the database to the newest layout; running it again changes nothing.

    The login of RAP_ANALYZER_MIGRATION_DATABASE_URL has to own the database and may create roles; where it
    is no superuser, have one run `create extension vector` and `create extension pg_trgm` first. The
    service's own login (RAP_ANALYZER_DATABASE_URL) is then let in as a role that owns nothing. With one URL
    set, it serves for both. `rap-analyzer up` does this by itself for its embedded Postgres.

    \b
    export RAP_ANALYZER_MIGRATION_DATABASE_URL=postgresql://owner:secret@db/rap
    export RAP_ANALYZER_DATABASE_URL=postgresql://service:secret@db/rap
    rap-analyzer migrate
    """
    from app.settings import Settings

    settings = Settings()
    if wait is not None:
        asyncio.run(wait_for(settings, wait))
        return
    owner_url = settings.migration_database_url or settings.database_url
    if owner_url is None:
        raise Failure(
            "Say which database: set RAP_ANALYZER_DATABASE_URL. (`rap-analyzer up` migrates its own.)"
        )
    asyncio.run(bring_up_to_date(owner_url, settings.database_url or owner_url))
    typer.echo("The database is up to date.", err=True)


async def wait_for(settings: Settings, seconds: float) -> None:
    """Returns once the database has the layout of this version, seen by the service's own login.

    Raises Failure: after `seconds` with what is wrong, and at once where it can't become right.
    """
    from app.cli.hosting import check_database

    end = time.monotonic() + seconds
    while True:
        try:
            await check_database(settings)
            return
        except Failure:
            if time.monotonic() >= end:
                raise
        await asyncio.sleep(1)


async def bring_up_to_date(owner_url: str, service_url: str) -> None:
    """Migrates as the owner and lets the service's login act as the application. Raises Failure."""
    from app.cli import service_login
    from app.migrate import migrate as upgrade

    try:
        await service_login.check(owner_url)
        await upgrade(owner_url)
        await service_login.let_in(owner_url, service_url)
    except Exception as error:
        import asyncpg
        from sqlalchemy.exc import DBAPIError

        cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
        if isinstance(cause, asyncpg.InsufficientPrivilegeError):
            raise Failure(refused(str(cause.args[0]))) from error
        if isinstance(cause, OSError | asyncpg.PostgresError | asyncpg.InterfaceError | ValueError):
            raise Failure(of_database(cause, owner_url)) from error
        raise


def refused(message: str) -> str:
    """What a login that lacks a right needs, by what the database says of it."""
    if "extension" in message:
        return (
            f"The migrating login may not go on: {message}. As a superuser run `create extension vector;"
            " create extension pg_trgm;` in this database, then migrate again."
        )
    if "grant role" in message or "ADMIN option" in message:
        return (
            f"The migrating login may not go on: {message}. Another database of this cluster made the roles:"
            " as a superuser run"
            " `grant rap_analyzer_app, rap_analyzer_gate to <this login> with admin option`."
        )
    return (
        f"The migrating login may not go on: {message}. Name the login that owns the database in"
        " RAP_ANALYZER_MIGRATION_DATABASE_URL."
    )
