"""rap-analyzer keys: what programs authenticate with."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from tenancy.models import ApiKey

commands = typer.Typer(
    help="Create, list and revoke a tenant's API keys.", no_args_is_help=True, rich_markup_mode=None
)
Tenant = Annotated[str, typer.Option("--tenant", help="The tenant's slug.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
FOREVER = 100 * UNITS["y"]


@commands.command()
def create(
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="What the key is for, to know it again.")] = "API key",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A scope or a role: reader, analyst or admin; repeat it for more. [reader]"),
    ] = None,
    expires_in: Annotated[
        str, typer.Option(help="How long it works: 30m, 12h, 90d, 8w or 1y; for ever if not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Create an API key and print its text, this once.

    \b
    rap-analyzer keys create --tenant northside --name "Web site" --scope reader
    rap-analyzer keys create --tenant northside --scope tracks:read --scope tracks:write --expires-in 90d

    Scopes: tracks:read, lyrics:read, tracks:write, analyses:write, usage:read, admin:keys, admin:members.
    A reader reads tracks and usage; an analyst also reads lyrics, writes tracks and
    analyses; an admin does all.
    """
    expires_at = expiry(expires_in)

    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import api_keys, tenants
    from tenancy.scopes import parse

    scopes = parse(scope or ["reader"])

    async def run() -> None:
        async with open_database(Settings()) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                key, secret = await api_keys.create(session, owner, name, scopes, expires_at=expires_at)
            if as_json:
                typer.echo(as_line(key, secret.text))
            else:
                typer.echo(secret.text)
                typer.echo("Keep this key safe: it can't be shown again.", err=True)

    asyncio.run(run())


@commands.command("list")
def list_(tenant: Tenant, as_json: AsJson = False) -> None:
    """List a tenant's keys, revoked ones too; secrets are not stored and can't be shown.

    \b
    rap-analyzer keys list --tenant northside
    """
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import api_keys, tenants

    async def run() -> None:
        async with open_database(Settings()) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                keys = await api_keys.all_of(session, owner)
        for key in keys:
            typer.echo(as_line(key) if as_json else as_text(key))
        if not keys:
            typer.echo(f"No keys yet. Create one: rap-analyzer keys create --tenant {tenant}", err=True)

    asyncio.run(run())


@commands.command()
def revoke(
    tenant: Tenant,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The key's prefix as `keys list` shows it, or its id.")
    ],
) -> None:
    """Revoke a key: within a second or two it stops working, for good.

    \b
    rap-analyzer keys revoke --tenant northside rap_live_0123456789ab
    """
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import api_keys, tenants

    async def run() -> None:
        async with open_database(Settings()) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                await api_keys.revoke(session, owner, key_name(key))
        typer.echo("Revoked.", err=True)

    asyncio.run(run())


def key_name(text: str) -> UUID | str:
    """An id, or a prefix; of a whole key, pasted by mistake, the prefix alone."""
    try:
        return UUID(text)
    except ValueError:
        return "_".join(text.split("_")[:3])


def expiry(text: str) -> datetime | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,9})([mhdwy])", text.strip().lower())
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < seconds <= FOREVER:
        raise typer.BadParameter("write it as 30m, 12h, 90d, 8w or 1y", param_hint="--expires-in")
    return datetime.now(UTC) + timedelta(seconds=seconds)


def as_line(key: ApiKey, secret: str | None = None) -> str:
    import orjson

    shown = {
        "id": str(key.id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
    return orjson.dumps(shown | ({"key": secret} if secret else {})).decode()


def as_text(key: ApiKey) -> str:
    state = "works"
    if key.revoked_at is not None:
        state = f"revoked {key.revoked_at:%Y-%m-%d}"
    elif key.expires_at is not None:
        passed = key.expires_at <= datetime.now(UTC)
        state = f"{'expired' if passed else 'works until'} {key.expires_at:%Y-%m-%d}"
    return f"{key.prefix}  {state:<22}  {key.name}  ({' '.join(key.scopes)})"
