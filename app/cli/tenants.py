"""rap-analyzer tenants: customers, each with a catalogue and keys of their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.tenant_models import models

if TYPE_CHECKING:
    from tenancy.models import TenantStatus

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Which tenant.")]
commands = typer.Typer(
    help="Create, list, suspend and close tenants. A tenant sees its own tracks and nothing else.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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
    from app.cli.operators import operator
    from app.cli.services import open_database
    from app.provision import create_tenant
    from app.settings import Settings
    from tenancy.models import Plan
    from tenancy.names import InvalidName, checked
    from tenancy.tenants import SLUG, InvalidSlug

    if not SLUG.fullmatch(slug):
        raise typer.BadParameter(str(InvalidSlug.__doc__), param_hint="SLUG")
    try:
        checked(name or slug)
    except InvalidName as error:
        raise typer.BadParameter(str(error), param_hint="--name") from None
    try:
        chosen = Plan(plan.upper())
    except ValueError:
        raise typer.BadParameter(f"choose from {', '.join(Plan)}", param_hint="--plan") from None

    async def run() -> None:
        settings = Settings()
        async with open_database(settings) as database:
            tenant = await create_tenant(database, slug, name or slug, chosen, operator(), settings.agents())
        typer.echo(str(tenant))
        typer.echo(f"Created the tenant {slug}. Next: rap-analyzer keys create --tenant {slug}", err=True)

    asyncio.run(run())


@commands.command("list")
def list_() -> None:
    """List all tenants: slug, status, plan and id.

    \b
    rap-analyzer tenants list
    """
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import tenants

    async def run() -> None:
        async with open_database(Settings()) as database:
            for tenant in await tenants.every(database):
                typer.echo(f"{tenant['slug']:<24}{tenant['status']:<11}{tenant['plan']:<12}{tenant['id']}")

    asyncio.run(run())


@commands.command()
def documents(
    slug: Slug,
    trusted_only: Annotated[
        bool, typer.Option("--trusted-only/--any", help="Trusted documents alone, or any document.")
    ],
) -> None:
    """Say which documents a tenant's keys may run: trusted ones alone, or any.

    Trusted documents are those that `rap-analyzer operations` lists. Keys that were created with
    --trusted-documents-only stay bound to them either way.

    \b
    rap-analyzer tenants documents northside --trusted-only
    rap-analyzer tenants documents northside --any
    """
    from app.cli.operators import announce, operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import tenants

    async def run() -> None:
        settings = Settings()
        async with open_database(settings) as database:
            tenant = await tenants.by_slug(database, slug)
            async with database.transaction(tenant) as session:
                await tenants.trust(session, tenant, only=trusted_only, actor=operator())
        await announce(settings, tenant)
        typer.echo(f"{slug} runs {'trusted documents alone' if trusted_only else 'any document'}.", err=True)

    asyncio.run(run())


commands.command()(models)


@commands.command()
def suspend(slug: Slug) -> None:
    """Suspend a tenant: within a second everything answers TENANT_SUSPENDED, and nothing of it is lost.

    \b
    rap-analyzer tenants suspend northside
    """
    from tenancy.models import TenantStatus

    asyncio.run(change(slug, TenantStatus.SUSPENDED))


@commands.command()
def resume(slug: Slug) -> None:
    """Resume a suspended tenant.

    \b
    rap-analyzer tenants resume northside
    """
    from tenancy.models import TenantStatus

    asyncio.run(change(slug, TenantStatus.ACTIVE))


@commands.command()
def close(
    slug: Slug, yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")] = False
) -> None:
    """Close a tenant for good: its keys stop working and it can't be resumed; its rows are kept.

    \b
    rap-analyzer tenants close northside --yes
    """
    from tenancy.models import TenantStatus

    if not yes:
        typer.confirm(f"Close {slug} for good?", abort=True, err=True)
    asyncio.run(change(slug, TenantStatus.CLOSED))


async def change(slug: str, status: TenantStatus) -> None:
    from app.cli.operators import announce, operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import tenants

    settings = Settings()
    async with open_database(settings) as database:
        tenant = await tenants.by_slug(database, slug)
        async with database.transaction(tenant) as session:
            await tenants.change_status(session, tenant, status, operator())
    await announce(settings, tenant)
    typer.echo(f"{slug} is {status.lower()}.", err=True)
