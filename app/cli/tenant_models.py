"""rap-analyzer tenants models: what a tenant has decided about language models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.analysis.policy import Offer, Policy

OFFERED = "offered"
OPTIONS = {"ask_below": "--ask-below", "monthly_budget_usd": "--monthly-usd", "switched_off": "--off"}


def models(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Which tenant.")],
    ask_below: Annotated[
        str | None,
        typer.Option(
            metavar="0..1|offered",
            help="Ask models where a local analyzer is less confident; `offered`: as the service does.",
        ),
    ] = None,
    monthly_usd: Annotated[
        str | None,
        typer.Option(
            metavar="USD|offered",
            help="What they may cost in a calendar month (UTC); `offered`: all that the service allows.",
        ),
    ] = None,
    share: Annotated[
        bool | None,
        typer.Option(
            "--share/--no-share",
            help="Share answers with other tenants that share theirs and have the very same words.",
        ),
    ] = None,
    off: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Never ask this model for this task; repeatable.")
    ] = None,
    on: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Ask it again; repeatable.")] = None,
) -> None:
    """Show what a tenant has decided about language models, and change what is given.

    \b
    rap-analyzer tenants models northside
    rap-analyzer tenants models northside --ask-below 0.7 --monthly-usd 5 --share
    rap-analyzer tenants models northside --off critic.hosted --ask-below offered
    """
    from app.analysis import policy
    from app.analysis.agents import budget
    from app.analysis.policy import InvalidPolicy
    from app.cli.operators import operator
    from app.cli.services import open_database
    from app.settings import Settings
    from tenancy import tenants

    changes: dict[str, Any] = {} if share is None else {"shares_answers": share}
    for name, text in (("ask_below", ask_below), ("monthly_budget_usd", monthly_usd)):
        if text is not None:
            changes[name] = figure(text, OPTIONS[name])

    async def run() -> None:
        settings = Settings()
        async with open_database(settings) as database:
            tenant = await tenants.by_slug(database, slug)
            async with database.transaction(tenant) as session:
                decided = await policy.read(session, tenant)
                if on or off:
                    changes["switched_off"] = {*decided.switched_off, *(off or ())} - {*(on or ())}
                spent = await budget.spent(session, tenant)
                try:
                    decided = await policy.change(session, tenant, operator(), changes)
                except InvalidPolicy as error:
                    raise typer.BadParameter(str(error), param_hint=OPTIONS[error.field]) from None
        for line in lines(decided, settings.offer(), spent):
            typer.echo(line)

    asyncio.run(run())


def figure(text: str, option: str) -> float | None:
    """None for what is offered. Raises BadParameter."""
    try:
        return None if text == OFFERED else float(text)
    except ValueError:
        raise typer.BadParameter(f"give a number, or {OFFERED}", param_hint=option) from None


def lines(decided: Policy, offer: Offer, spent: float) -> list[str]:
    holds = offer.to(decided)
    below = OFFERED if decided.ask_below is None else f"{OFFERED}: {offer.ask_below:g}"
    money = f"{OFFERED}: {offer.monthly_budget_usd:,.2f}; spent: {spent:,.4f}"
    return [
        f"{'ask below':<16}{holds.ask_below:g} ({below})",
        f"{'USD a month':<16}{holds.monthly_budget_usd:,.2f} ({money})",
        f"{'shares answers':<16}{'yes' if decided.shares_answers else 'no'}",
        f"{'switched off':<16}{', '.join(decided.switched_off) or 'none'}",
    ]
