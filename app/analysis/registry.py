"""Which analyzers this build has, and their rows in a tenant's `analyzers`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis.agents import ModelAgent
from app.analysis.analyzers import local_analyzers
from app.analysis.analyzers.base import Described
from app.analysis.models import Analyzer
from tenancy import tenants
from tenancy.database import Database


async def sync(session: AsyncSession, tenant: UUID, agents: Sequence[ModelAgent] = ()) -> None:
    """Brings the tenant's rows of our own analyzers, and of these, up to this build; `enabled` stays.

    For a short transaction: it locks the rows.
    """
    described: list[Described] = [*local_analyzers(), *agents]
    statement = insert(Analyzer).values([_row(tenant, each) for each in described])
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "name"],
            set_={
                "version": new.version,
                "title": new.title,
                "description": new.description,
                "languages": new.languages,
                "cost_per_track_usd": new.cost_per_track_usd,
                "offered": True,
            },
            where=or_(
                Analyzer.version != new.version,
                # Another model or price behind the same name.
                Analyzer.description != new.description,
                Analyzer.cost_per_track_usd != new.cost_per_track_usd,
                ~Analyzer.offered,
            ),
        )
    )


def _row(tenant: UUID, analyzer: Described) -> dict[str, object]:
    return {
        "tenant_id": tenant,
        "name": analyzer.name,
        "version": analyzer.version,
        "title": analyzer.title,
        "description": analyzer.description,
        "kind": analyzer.kind,
        "languages": list(analyzer.languages),
        "cost_per_track_usd": analyzer.cost_per_track_usd if isinstance(analyzer, ModelAgent) else 0.0,
    }


async def offer(database: Database, agents: Sequence[ModelAgent]) -> None:
    """Shows every tenant the models of the settings and no others; what others have said stays."""
    names = [agent.name for agent in agents]
    for row in await tenants.every(database):
        async with database.transaction(row["id"]) as session:
            if agents:
                await sync(session, row["id"], agents)
            await session.execute(
                update(Analyzer)
                .where(Analyzer.tenant_id == row["id"], Analyzer.kind == "MODEL", Analyzer.offered)
                .where(Analyzer.name.not_in(names))
                .values(offered=False)
            )
