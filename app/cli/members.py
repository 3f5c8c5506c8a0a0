"""rap-analyzer members: who signs in to a tenant."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tenancy.scopes import Role

commands = typer.Typer(
    help="Invite, list and remove a tenant's members, who sign in by an identity provider.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Tenant = Annotated[str, typer.Option("--tenant", help="The tenant's slug.", show_default=False)]
RoleName = Annotated[str, typer.Option("--role", help="owner, admin, analyst or viewer.")]
Provider = Annotated[
    str | None,
    typer.Option("--provider", help="The identity provider's name; needed if several are set up."),
]


@commands.command()
def invite(
    tenant: Tenant,
    email: Annotated[str | None, typer.Option(help="A person's e-mail address.")] = None,
    subject: Annotated[str | None, typer.Option(help="The sub of a program's access tokens.")] = None,
    role: RoleName = "viewer",
    provider: Provider = None,
    name: Annotated[str | None, typer.Option(help="What to call them.")] = None,
) -> None:
    """Invite a person, who joins by signing in within 14 days, or let a program in; print the address.

    A tenant's first owner is invited here; owners and admins can invite others themselves.

    \b
    rap-analyzer members invite --tenant northside --email ada@northside.example --role owner
    rap-analyzer members invite --tenant northside --subject ingest-job --role analyst
    """
    from app.cli.operators import operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import members, tenants
    from tenancy.oidc.flow import address
    from tenancy.oidc.providers import Providers

    wanted, settings = role_of(role), Settings()
    chosen = Providers(one.config for one in settings.identity_providers).named(provider).config.name

    async def run() -> None:
        async with open_database(settings) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                await members.invite(
                    session, owner, chosen, wanted, operator(), email=email, subject=subject, name=name
                )
        if email is not None:
            typer.echo(address(settings.public_url or "", chosen, tenant))
            typer.echo("Send them this address: they join by signing in there within 14 days.", err=True)
        else:
            typer.echo("The program can use its access tokens now.", err=True)

    asyncio.run(run())


@commands.command("list")
def list_(tenant: Tenant) -> None:
    """List a tenant's members and whom it has invited: id, role, since when, and who.

    \b
    rap-analyzer members list --tenant northside
    """
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import members, tenants

    async def run() -> None:
        async with open_database(Settings()) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                found = await members.all_of(session, owner)
        for one in found:
            since = f"{one.joined_at:%Y-%m-%d}" if one.joined_at else "invited"
            typer.echo(
                f"{one.id}  {one.role.lower():<9}{since:<12}{one.provider:<12}{one.email or one.subject}"
            )
        if not found:
            typer.echo(f"No members yet. Invite one: rap-analyzer members invite --tenant {tenant}", err=True)

    asyncio.run(run())


@commands.command()
def remove(
    tenant: Tenant, member: Annotated[str, typer.Argument(metavar="ID", help="As `members list` shows it.")]
) -> None:
    """Remove a member: within a second their sessions and tokens end, and what they have open is closed.

    \b
    rap-analyzer members remove --tenant northside 0190f3a1-b2c3-7d4e-8f60-718293a4b5c6
    """
    from uuid import UUID

    from app.cli.operators import announce, operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import members, tenants

    try:
        id_ = UUID(member.removeprefix("mem_"))
    except ValueError:
        raise typer.BadParameter("this is no member's id", param_hint="ID") from None

    async def run() -> None:
        settings = Settings()
        async with open_database(settings) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                removed = await members.remove(session, owner, id_, operator())
        await announce(settings, owner, removed)
        typer.echo("Removed.", err=True)

    asyncio.run(run())


@commands.command("let-domain-in")
def let_domain_in(
    tenant: Tenant,
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="Such as northside.example.")],
    role: RoleName = "viewer",
    provider: Provider = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let nobody join by it any more.")] = False,
) -> None:
    """Let everybody with a verified e-mail address in DOMAIN join, uninvited. Check that it is the tenant's.

    \b
    rap-analyzer members let-domain-in --tenant northside northside.example --role analyst
    """
    from app.cli.operators import operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import domains, tenants
    from tenancy.oidc.providers import Providers

    wanted, settings = role_of(role), Settings()
    chosen = Providers(one.config for one in settings.identity_providers).named(provider).config.name

    async def run() -> None:
        async with open_database(settings) as database:
            owner = await tenants.by_slug(database, tenant)
            async with database.transaction(owner) as session:
                if undo:
                    await domains.shut_out(session, owner, chosen, domain, operator())
                else:
                    await domains.let_in(session, owner, chosen, domain, wanted, operator())
        typer.echo("Done.", err=True)

    asyncio.run(run())


def role_of(name: str) -> Role:
    from tenancy.scopes import Role

    try:
        return Role(name.upper())
    except ValueError:
        raise typer.BadParameter(
            f"choose from {', '.join(role.lower() for role in Role)}", param_hint="--role"
        ) from None
