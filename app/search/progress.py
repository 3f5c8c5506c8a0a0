"""How far a tenant's spaces are, for operators."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.search.homes import SHARED
from app.search.index import Ordinal
from app.search.spaces import Spaces
from tenancy.database import Database

# A track that has been embedded has a card, whatever its words are.
PROGRESS = f"""
    select s.space, s.complete_at, (select count(*) from lyrics where tenant_id = $1) of,
      (select count(*) from passages p where p.tenant_id = $1 and p.space = s.space
        and p.home = coalesce((select home from passage_homes where tenant_id = $1), '{SHARED}'::uuid)
        and p.ordinal = {Ordinal.CARD}) done
    from passage_spaces s where tenant_id = $1 order by array_position($2::text[], s.space), s.space"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a tenant's tracks are in a space, and whether it answers searches."""

    space: str
    done: int
    of: int
    answers: bool


async def progress(database: Database, tenant: UUID, spaces: Spaces) -> list[Progress]:
    """Of the spaces that a tenant has begun, in the order of the settings. It counts, which takes a while."""
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(PROGRESS, tenant, spaces.names)
    answering = {
        e.space for e in spaces.answering([r["space"] for r in rows if r["complete_at"] is not None])
    }
    return [Progress(row["space"], row["done"], row["of"], row["space"] in answering) for row in rows]
