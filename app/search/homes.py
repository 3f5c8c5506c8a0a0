"""How a tenant's passages stand: where they live, and which spaces answer.

They live with those of others, or in a partition of their own with an HNSW index.

One index for all tenants would silently lose what a tenant's alike texts have in common with nobody else's;
an exact scan costs about a microsecond a passage. So small tenants are scanned, and a large one has an index
that holds nothing but its own passages. `search.moving` moves them, while both reads and writes go on, and
`search.passes` completes their spaces.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from app.search.embeddings import Embedder
from app.search.spaces import Spaces
from tenancy.database import Database, driver_of

SHARED = UUID(int=0)
PLACE = "select home, moving_to, since from passage_homes where tenant_id = $1"
STANDING = f"""
    select coalesce((select home from passage_homes where tenant_id = $1), '{SHARED}'::uuid),
      array(
        select space from passage_spaces where tenant_id = $1 and complete_at is not null order by space)"""
LOCK = "select pg_advisory_xact_lock{}(hashtextextended('passages:' || $1::text, 0))"

# Of a large tenant the tracks of so many nearest passages are compared in full: more than the recall of
# single passages needs, since a score is made of four. It is the ef_search of `near_tracks` (0009).
NEAREST = 400
# A filter that leaves no more tracks than this is not asked of the index: comparing all of them is as fast.
FEW_TRACKS = 2_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """What passages of a tenant count, those at `home`, and where each is written a second time while all
    are on their way. `since` tells one move from another."""

    home: UUID = SHARED
    moving_to: UUID | None = None
    since: datetime | None = None

    @property
    def written(self) -> list[UUID]:
        return [self.home] if self.moving_to is None else [self.home, self.moving_to]


async def place_of(connection: asyncpg.Connection, tenant: UUID) -> Place:
    row = await connection.fetchrow(PLACE, tenant)
    return Place() if row is None else Place(*row)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tenant's passages live, and what they are compared with: spaces that are whole, never none."""

    home: UUID
    embedders: tuple[Embedder, ...]


async def standing_of(connection: asyncpg.Connection, tenant: UUID) -> tuple[UUID, list[str]]:
    home, complete = await connection.fetchrow(STANDING, tenant)
    return UUID(int=home.int), complete


class Homes:
    """Remembers how tenants' passages stand: one of a process, for all that reads passages."""

    def __init__(self, database: Database, embedders: Sequence[Embedder]) -> None:
        self.spaces = Spaces(embedders)
        self._database = database
        self._known: dict[UUID, tuple[UUID, list[str]]] = {}

    def expected(self, tenant: UUID) -> Standing:
        """What was found the last time."""
        home, complete = self._known.get(tenant, (SHARED, []))
        return Standing(home, self.spaces.answering(complete))

    async def read(self, tenant: UUID, work: Callable[[asyncpg.Connection, Standing], Awaitable[T]]) -> T:
        """What `work` reads with a connection of the tenant where its passages live; again if they have moved
        meanwhile, or other spaces answer, so that none is missed or seen twice and no two are mixed."""
        async with self._database.reading(tenant) as connection:
            if tenant not in self._known:
                self._known[tenant] = await standing_of(connection, tenant)
            while True:
                before = self._known[tenant]
                missing: LookupError | None = None
                try:
                    found = await work(connection, self.expected(tenant))
                except LookupError as error:  # what is missing may have moved
                    missing = error
                current = await standing_of(connection, tenant)
                if current == before:
                    if missing is not None:
                        raise missing
                    return found
                self._known[tenant] = current


async def settle(session: AsyncSession, tenant: UUID, *, moving: bool = False) -> Place:
    """Where passages are to be written in this transaction; until it ends nothing is moved.

    With `moving`, until it ends nobody else writes any.
    """
    connection: asyncpg.Connection = await driver_of(session)
    await connection.execute(LOCK.format("" if moving else "_shared"), str(tenant))
    # A statement of its own: it sees what the last mover committed.
    return await place_of(connection, tenant)
