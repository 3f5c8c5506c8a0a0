"""rap-analyzer migrate: the database's layout brought up to date."""

from __future__ import annotations

import asyncio

import typer

from app.cli.failures import Failure, of_database


def migrate() -> None:
    """Bring the database to the newest layout; running it again changes nothing.

    The login of RAP_ANALYZER_MIGRATION_DATABASE_URL has to own the tables and may create roles; the
    service's own login (RAP_ANALYZER_DATABASE_URL) is then let in as a role that owns nothing. With one URL
    set, it serves for both. `rap-analyzer up` does this by itself for its embedded Postgres.

    \b
    export RAP_ANALYZER_MIGRATION_DATABASE_URL=postgresql://owner:secret@db/rap
    export RAP_ANALYZER_DATABASE_URL=postgresql://service:secret@db/rap
    rap-analyzer migrate
    """
    from app.settings import Settings

    settings = Settings()
    owner_url = settings.migration_database_url or settings.database_url
    if owner_url is None:
        raise Failure(
            "Say which database: set RAP_ANALYZER_DATABASE_URL. (`rap-analyzer up` migrates its own.)"
        )
    asyncio.run(bring_up_to_date(owner_url, settings.database_url or owner_url))
    typer.echo("The database is up to date.", err=True)


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
            raise Failure(
                f"The migrating login may not do what it takes: {cause}. Name the owner's login in"
                " RAP_ANALYZER_MIGRATION_DATABASE_URL."
            ) from error
        if isinstance(cause, OSError | asyncpg.PostgresError | asyncpg.InterfaceError | ValueError):
            raise Failure(of_database(cause, owner_url)) from error
        raise
