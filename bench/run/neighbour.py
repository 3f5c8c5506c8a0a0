"""Another tenant, who adds a single track now and then, and how long its analyses take to be there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import delete

from app.analysis import runs
from app.catalog import tracks
from app.catalog.models import EmbedItem
from app.catalog.new_track import NewTrack
from app.provision import create_tenant
from bench.throughput.tracks import texts
from tenancy.database import Database
from tenancy.models import Plan

EVERY_SECONDS, LOOK_SECONDS = 5.0, 0.02


class Neighbour:
    """`waited` are seconds from the commit of each track to the end of its run."""

    def __init__(self, database: Database, tenant: UUID) -> None:
        self._database, self._tenant = database, tenant
        self.waited: list[float] = []

    async def go_on(self) -> None:
        for n, text in enumerate(texts()):
            await asyncio.sleep(EVERY_SECONDS)
            new = NewTrack(f"{text.title} {n}", "Neighbour", text.lyrics, language=text.language)
            async with self._database.transaction(self._tenant) as session:
                added = await tracks.add(session, self._tenant, [new])
                await session.execute(delete(EmbedItem).where(EmbedItem.tenant_id == self._tenant))
                run = await runs.start(session, self._tenant, [each.id for each in added])
            began = time.perf_counter()
            await self._ended(run)
            self.waited.append(time.perf_counter() - began)

    async def _ended(self, run: UUID) -> None:
        query = "select finished_at is not null from runs where id = $1"
        while True:
            async with self._database.reading(self._tenant) as connection:
                if await connection.fetchval(query, run):
                    return
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def neighbour(database: Database) -> AsyncIterator[Neighbour]:
    """One that goes on until the block ends."""
    tenant = await create_tenant(database, "neighbour", "Neighbour", Plan.TEAM)
    one = Neighbour(database, tenant)
    going = asyncio.create_task(one.go_on())
    try:
        yield one
        if going.done():
            going.result()
    finally:
        going.cancel()
