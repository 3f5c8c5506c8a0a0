"""rap-analyzer trends: the counts behind time series."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

commands = typer.Typer(
    help="Look after the counts that trends are read from. They are kept in the transactions that change"
    " tracks and analyses; there is nothing to schedule.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.callback()
def several() -> None:
    """Without it, a single command would be the whole of `trends`."""


@commands.command()
def rebuild(
    tenant: Annotated[str, typer.Option(metavar="SLUG", help="Only this tenant's. [all tenants]")] = "",
) -> None:
    """Count everything anew and say which figures were wrong; none ever should be.

    \b
    rap-analyzer trends rebuild --tenant northside
    """
    from app.cli.failures import Failure
    from app.cli.services import open_database
    from app.settings import Settings
    from app.trends.rebuild import rebuild
    from tenancy import tenants

    async def run() -> None:
        async with open_database(Settings()) as database:
            chosen = [row for row in await tenants.every(database) if tenant in ("", row["slug"])]
            if tenant and not chosen:
                raise Failure(f"There is no tenant {tenant}. `rap-analyzer tenants list` shows them.")
            for row in chosen:
                figures, wrong = await rebuild(database, row["id"])
                typer.echo(f"{row['slug']:<24}{figures:>10,} figures, {wrong:,} of them put right")

    asyncio.run(run())
