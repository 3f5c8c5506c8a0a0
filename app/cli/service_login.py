"""The database login that the service uses: it can act as rap_analyzer_app and as nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

from app.embedded.files import kept_password
from tenancy.rls import APP_ROLE

NAME = "rap_analyzer_service"
PASSWORD_FILE = "service-password"  # noqa: S105 - a name


async def check(owner_url: str) -> None:
    """Connects and leaves, so that a wrong URL is told before a migration begins."""
    await (await asyncpg.connect(owner_url)).close()


async def let_in(owner_url: str, service_url: str) -> None:
    """Lets the login of `service_url` act as the application's role, unless it is the owner itself."""
    login = unquote(urlsplit(service_url).username or "")
    if not login or login == unquote(urlsplit(owner_url).username or ""):
        return  # the migration has let its own login in
    connection = await asyncpg.connect(owner_url)
    try:
        grant = await connection.fetchval(
            "select format('grant %I to %I with set true, inherit false', $1::text, $2::text)",
            APP_ROLE,
            login,
        )
        await connection.execute(grant)
    finally:
        await connection.close()


async def ensure(owner_url: str, data_dir: Path) -> str:
    """The URL of our own login in an embedded Postgres; its password is kept in `data_dir`, 0600.

    Call it after the migration, which creates the role that the login acts as.
    """
    password = kept_password(data_dir / PASSWORD_FILE)
    connection = await asyncpg.connect(owner_url)
    try:
        known = await connection.fetchval("select true from pg_roles where rolname = $1", NAME)
        statement = await connection.fetchval(
            "select format('%s role %I login noinherit nosuperuser nobypassrls password %L',"
            " $1::text, $2::text, $3::text)",
            "alter" if known else "create",
            NAME,
            password,
        )
        await connection.execute(statement)
    finally:
        await connection.close()
    parts = urlsplit(owner_url)
    login = f"{NAME}:{quote(password)}@{parts.hostname}:{parts.port}"
    url = urlunsplit(parts._replace(netloc=login))
    await let_in(owner_url, url)
    return url
