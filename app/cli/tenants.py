"""rap-analyzer tenants: customers, each with a catalogue and keys of their own."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

commands = typer.Typer(
    help="Create tenants. A tenant sees its own tracks and nothing else.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.callback()
def group() -> None:
    """Keeps `create` a word of its own, since a group of one command would swallow it."""


@commands.command()
def create(
    slug: Annotated[
        str, typer.Argument(metavar="SLUG", help="Lower-case letters, digits and hyphens, at most 63.")
    ],
    name: Annotated[str, typer.Option(help="The name that people read; the slug if you give none.")] = "",
    plan: Annotated[str, typer.Option(help="DEMO, TEAM or ENTERPRISE: which quotas hold.")] = "TEAM",
) -> None:
    """Create a tenant and print its id.

    \b
    rap-analyzer tenants create northside --name "Northside Records" --plan TEAM
    rap-analyzer keys create --tenant northside --name "My first key" --scope admin
    """
    from app.cli.services import open_database
    from app.provision import create_tenant
    from app.settings import Settings
    from tenancy.models import Plan

    try:
        chosen = Plan(plan.upper())
    except ValueError:
        raise typer.BadParameter(f"choose from {', '.join(Plan)}", param_hint="--plan") from None

    async def run() -> None:
        async with open_database(Settings()) as database:
            tenant = await create_tenant(database, slug, name or slug, chosen)
        typer.echo(str(tenant))
        typer.echo(f"Created the tenant {slug}. Next: rap-analyzer keys create --tenant {slug}", err=True)

    asyncio.run(run())
