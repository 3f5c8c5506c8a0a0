"""rap-analyzer keys: what programs authenticate with."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.cli.key_text import as_line, as_text, expiry, grace_of, key_name

commands = typer.Typer(
    help="Create, list, rotate and revoke a tenant's API keys.", no_args_is_help=True, rich_markup_mode=None
)
Tenant = Annotated[str, typer.Option("--tenant", help="The tenant's slug.", show_default=False)]
Key = Annotated[
    str, typer.Argument(metavar="KEY", help="The key's prefix as `keys list` shows it, or its id.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


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
    network: Annotated[
        list[str] | None,
        typer.Option(help="A network that may use it, such as 203.0.113.0/24; repeat it for more. [any]"),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="A page's origin that may use it, such as https://app.example.com. [any]"),
    ] = None,
    trusted_documents_only: Annotated[
        bool,
        typer.Option(
            "--trusted-documents-only", help="Let it run the documents of `rap-analyzer operations` alone."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print its text, this once.

    \b
    rap-analyzer keys create --tenant northside --name "Web site" --scope reader
    rap-analyzer keys create --tenant northside --scope tracks:read --scope tracks:write --expires-in 90d

    Scopes: tracks:read, lyrics:read, tracks:write, analyses:write, usage:read, admin:keys, admin:members,
    admin:models, schema:read.
    A reader reads tracks and usage; an analyst also reads lyrics, writes tracks and
    analyses; an admin does all.
    """
    expires_at = expiry(expires_in)

    from app.cli.operators import operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import api_keys, tenants
    from tenancy.names import InvalidName, checked
    from tenancy.restrictions import InvalidRestriction, Restrictions
    from tenancy.scopes import UnknownScope, parse

    try:
        scopes = parse(scope or ["reader"])
    except UnknownScope as error:
        raise typer.BadParameter(str(error), param_hint="--scope") from None
    try:
        checked(name)
        restrictions = Restrictions.parse(network or [], origin or [])
    except (InvalidName, InvalidRestriction) as error:
        raise typer.BadParameter(str(error)) from None

    async def run() -> None:
        async with open_database(Settings()) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                key, secret = await api_keys.create(
                    session,
                    owner,
                    name,
                    scopes,
                    operator(),
                    expires_at=expires_at,
                    restrictions=restrictions,
                    trusted_documents_only=trusted_documents_only,
                )
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
def rotate(
    tenant: Tenant,
    key: Key,
    grace: Annotated[
        str, typer.Option(help="How long the old key works on: 30m, 12h or 7d, at most 30d; 0m ends it.")
    ] = "1d",
    as_json: AsJson = False,
) -> None:
    """Give a key a successor and print its text, this once; the old one works on for a while.

    The new key may do what the old one may, and expires when it would have.

    \b
    rap-analyzer keys rotate --tenant northside rap_live_0123456789ab --grace 12h
    """
    from app.cli.operators import announce, operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import api_keys, tenants

    passing = grace_of(grace)

    async def run() -> None:
        settings = Settings()
        async with open_database(settings) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                old, new, secret = await api_keys.rotate(
                    session, owner, key_name(key), operator(), grace=passing
                )
        await announce(settings, owner, old.id)
        typer.echo(as_line(new, secret.text) if as_json else secret.text)
        typer.echo(
            f"The old key works until {old.expires_at:%Y-%m-%d %H:%M} UTC."
            " Keep the new one safe: it can't be shown again.",
            err=True,
        )

    asyncio.run(run())


@commands.command()
def revoke(
    tenant: Tenant,
    key: Key,
) -> None:
    """Revoke a key: within a second it stops working, for good, and what it has open is closed.

    \b
    rap-analyzer keys revoke --tenant northside rap_live_0123456789ab
    """
    from app.cli.operators import announce, operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import api_keys, tenants

    async def run() -> None:
        settings = Settings()
        async with open_database(settings) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                revoked = await api_keys.revoke(session, owner, key_name(key), operator())
        await announce(settings, owner, revoked)
        typer.echo("Revoked.", err=True)

    asyncio.run(run())
