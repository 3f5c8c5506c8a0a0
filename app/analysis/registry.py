"""Which analyzers this build has, and their rows in a tenant's `analyzers`."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis.analyzers import local_analyzers
from app.analysis.models import Analyzer


async def sync(session: AsyncSession, tenant: UUID) -> None:
    """Brings the tenant's rows of our own analyzers up to this build; `enabled` stays as it is."""
    rows = [
        {
            "tenant_id": tenant,
            "name": analyzer.name,
            "version": analyzer.version,
            "title": analyzer.title,
            "description": analyzer.description,
            "kind": analyzer.kind,
            "languages": list(analyzer.languages),
        }
        for analyzer in local_analyzers()
    ]
    statement = insert(Analyzer).values(rows)
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "name"],
            set_={
                "version": new.version,
                "title": new.title,
                "description": new.description,
                "languages": new.languages,
            },
            where=Analyzer.version != new.version,
        )
    )
