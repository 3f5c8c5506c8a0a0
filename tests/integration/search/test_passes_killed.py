"""A worker that is killed on a tenant's way into another space is followed by the next one."""

from __future__ import annotations

from uuid import UUID

from app.search import passes
from app.search.homes import Homes
from tenancy.database import Database
from tests.integration.search.spaces import (
    BOTH,
    FIRST,
    OTHER,
    SECOND,
    embedded,
    found,
    states,
    tenant,
    waiting,
    work_off,
)
from tests.killed import killed_in_the_middle

__all__ = ["tenant"]  # a fixture

DIES = """
import asyncio, sys
from uuid import UUID
from app.jobs import Job, Turn
from app.search import embedding, index, passes
from app.search.embeddings import FastEmbedder
from app.search.spaces import Spaces
from tenancy.database import Database

async def die(url: str, tenant: UUID, where: str) -> None:
    spaces = Spaces([FastEmbedder(), FastEmbedder(space="another-space", at_once=5)])
    database = Database(url)
    passes.ASKED = passes.SPREAD = passes.DELETED = 6
    done = 0

    async def here(*_: object) -> None:
        nonlocal done
        done += 1
        if done == 2:
            print("in the middle", flush=True)
            await asyncio.sleep(3600)

    async def embed(embedder, lyrics):
        await here()
        return index.compute(embedder, lyrics)

    if where == "asking":
        passes.request = here  # in the transaction of the second batch
        await passes.see_to(database, tenant, spaces)
    elif where == "clearing":
        driver = passes.driver_of
        async def driver_of(session):
            await here()
            return await driver(session)
        passes.driver_of = driver_of
        await passes.clear(database, tenant)
    else:
        while True:
            await embedding.advance(database, Turn(0, Job.EMBED, tenant, 0), spaces, embed)

asyncio.run(die(sys.argv[1], UUID(sys.argv[2]), sys.argv[3]))
"""


async def test_what_a_killed_worker_left_is_taken_up(database: Database, tenant: UUID) -> None:
    homes = Homes(database, BOTH.embedders)
    everything, _ = await found(homes, tenant)
    await killed_in_the_middle(DIES, database.url, str(tenant), "asking")
    assert await waiting(database, tenant) == 6
    assert await states(database, tenant) == {FIRST.space: True, SECOND.space: False}
    await work_off(database, tenant, BOTH)  # those that were asked for are not all
    await killed_in_the_middle(DIES, database.url, str(tenant), "asking")
    await passes.complete(database, tenant, BOTH)
    assert await found(homes, tenant) == (everything, [FIRST.space])
    await passes.see_to(database, tenant, BOTH)
    await killed_in_the_middle(DIES, database.url, str(tenant), "embedding")
    await passes.see_to(database, tenant, BOTH)
    assert await found(homes, tenant) == (everything, [FIRST.space])
    await work_off(database, tenant, BOTH)
    await passes.see_to(database, tenant, BOTH)
    assert await embedded(database, tenant, SECOND.space) == dict.fromkeys(everything, 1)
    assert (await found(homes, tenant))[1] == BOTH.names
    await passes.complete(database, tenant, OTHER)
    await killed_in_the_middle(DIES, database.url, str(tenant), "clearing")
    assert 0 < len(await embedded(database, tenant, FIRST.space)) <= 20
    assert (await found(Homes(database, OTHER.embedders), tenant))[1] == OTHER.names
    await passes.see_to(database, tenant, OTHER)
    assert await embedded(database, tenant, FIRST.space) == {}
    assert await embedded(database, tenant, SECOND.space) == dict.fromkeys(everything, 1)
