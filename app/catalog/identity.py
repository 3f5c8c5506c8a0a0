"""Tracks by what other systems call them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.new_track import NewTrack
from tenancy.database import driver_of

# Two who bring the same names at once: the second one finds what the first one has stored. Until the commit.
LOCK = "select pg_advisory_xact_lock(hashtextextended('external_ids:' || $1::text, 0))"
# Walks ix_external_ids_value.
KNOWN = """
    select e.source, e.value from external_ids e
    join unnest($2::text[], $3::text[]) as given (source, value) using (source, value)
    where e.tenant_id = $1"""


async def unnamed(session: AsyncSession, tenant: UUID, songs: Sequence[NewTrack]) -> list[NewTrack]:
    """Those of the songs that no track is, by any of their external ids; of two with the same one, the first.

    Songs without external ids are all among them. Whatever the words say: the source may have mended them.
    """
    names = [(other.source, other.value) for song in songs for other in song.external_ids]
    if not names:
        return list(songs)
    driver = await driver_of(session)
    await driver.execute(LOCK, str(tenant))
    rows = await driver.fetch(KNOWN, tenant, *map(list, zip(*names, strict=True)))
    taken = {(row["source"], row["value"]) for row in rows}
    found = []
    for song in songs:
        its = {(other.source, other.value) for other in song.external_ids}
        if not its & taken:
            found.append(song)
            taken |= its
    return found
