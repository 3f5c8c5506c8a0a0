"""Whether large tenants find what they should, and how fast:
python -m bench.search_scale [--tracks 100 1000 …] [--others 1000] [--queries 100] [--write].

Each tenant's searches by meaning are compared with exact ones over all its passages (recall@10): while it is
alone in the database, among others, and with a filter that leaves a tenth of its tracks. `peer` asks for the
same candidates and scores from a plain table with one HNSW index and without policies, as a service with a
single customer would: of a large tenant that is its own partition, read past everything of ours, of a small
one a copy. Both are asked in turns, since others work on the machine too. Six passages a track.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from statistics import mean, median, quantiles
from uuid import UUID

import asyncpg
import orjson
import uvloop

from app.catalog.filters import TrackFilter
from app.search import statement
from app.search.homes import NEAREST, SHARED
from app.search.meaning import FAINT, Meaning, Sense
from app.search.search import leaves_few
from bench import results
from bench.reading.database import Servers, servers
from bench.search_scale.catalogue import SPACE, crowd, read_halves, tenant
from bench.search_scale.vectors import DIMENSION, ROWS, World

FIRST = 10
ROUNDS = 6
FEW = 20  # queries whose exact answers are timed: they take a second each
THRESHOLD = 8_000  # passages, as own_partition_above has it
HEAD = [
    "tracks", "passages", "songs", "how", "recall@10 alone", "among others", "filtered", "p50 ms", "p95 ms",
    "exact p95 ms", "peer recall@10", "peer p95 ms", "p95 to peer",
]  # fmt: skip
PEER = (
    "drop table if exists peer",
    "create table peer as select track_id, ordinal, embedding from passages where tenant_id = '{t}'",
    "create index on peer using hnsw ((embedding::halfvec({d})) halfvec_cosine_ops)"
    " with (m = 16, ef_construction = 64)",
    "create index on peer (track_id)",
    "vacuum analyze peer",
)
TENTH = TrackFilter(languages=["ru"])


@dataclass(frozen=True, slots=True)
class Asked:
    """A tenant, where its passages live, and what it asks."""

    tenant: UUID
    home: UUID
    world: World
    meanings: list[Meaning]

    async def found(
        self,
        connection: asyncpg.Connection,
        meaning: Meaning,
        wanted: TrackFilter | None = None,
        *,
        exact: bool = False,
    ) -> list[UUID]:
        """The ten best, as `SearchService` asks for them."""
        few = wanted is not None and self.home != SHARED and await leaves_few(connection, self.tenant, wanted)
        sql, values = statement.build(
            self.tenant, meaning, None, wanted, FIRST, None, self.home, exact=exact or few
        )
        return [row["id"] for row in (await connection.fetch(sql, *values))[:FIRST]]


def meanings(world: World, count: int) -> list[Meaning]:
    texts = [
        orjson.dumps(vector, option=orjson.OPT_SERIALIZE_NUMPY).decode() for vector in world.queries(count)
    ]
    return [Meaning((Sense(SPACE.name, DIMENSION, 0.0, 1.0, text),), FAINT) for text in texts]


Ask = Callable[[Meaning], Awaitable[list[UUID]]]


async def answers(ask: Ask, meanings: list[Meaning]) -> list[set[UUID]]:
    return [set(await ask(meaning)) for meaning in meanings]


def recall(right: list[set[UUID]], found: list[set[UUID]]) -> float:
    """The mean share of the exact ten that are among the ten."""
    return mean(len(exact & ten) / len(exact) for exact, ten in zip(right, found, strict=True))


async def took(meanings: list[Meaning], *asks: Ask) -> list[tuple[float, float]]:
    """Of each way to ask p50 and p95 over the queries in ms. A query's time is the median of some rounds, in
    which all ways take turns."""
    rounds: list[list[list[float]]] = [[[] for _ in meanings] for _ in asks]
    for number in range(ROUNDS):
        for at, meaning in enumerate(meanings):
            for ask, times in zip(asks, rounds, strict=True):
                before = time.perf_counter()
                await ask(meaning)
                if number:  # the first round warms the caches
                    times[at].append((time.perf_counter() - before) * 1000)
    medians = [[median(times) for times in each] for each in rounds]
    return [(median(each), quantiles(each, n=20)[-1]) for each in medians]


async def peer(owner: asyncpg.Connection, asked: Asked) -> Ask:
    """The same candidates and the same scores, from a table that has but one customer."""
    table = f"passages_{asked.tenant.hex}"
    if asked.home == SHARED:
        table = "peer"
        for step in PEER:
            await owner.execute(step.format(d=DIMENSION, t=asked.tenant))
    its = "true" if table == "peer" else f"tenant_id = '{asked.tenant}' and space = '{SPACE.name}'"
    query = f"$1::text::halfvec({DIMENSION})"
    sql = f"""
      select best.*, (select ordinal from {table} where {its} and track_id = best.id and ordinal > 0
        order by embedding <=> (select {query}) limit 1)
      from (select id, 0.3 * passage + 0.3 * whole + 0.2 * card + 0.2 * label score from (
        select track_id id, max(cosine) filter (where ordinal > 0) passage,
          max(cosine) filter (where ordinal = 0) whole, max(cosine) filter (where ordinal = -1) card,
          max(cosine) filter (where ordinal < 0) label
        from (select track_id, ordinal, 1 - (embedding <=> (select {query})) cosine
          from {table} where {its} and track_id = any(array(select distinct track_id from (
            select track_id from {table} where {its}
            order by embedding::halfvec({DIMENSION}) <=> {query} limit {NEAREST}) near))) compared
        group by 1) alike
      order by 2 desc, 1 desc limit {FIRST + 1}) best"""
    await owner.execute(f"set hnsw.ef_search = {NEAREST}; set plan_cache_mode = force_custom_plan")

    async def ask(meaning: Meaning) -> list[UUID]:
        return [row["id"] for row in (await owner.fetch(sql, meaning.vector))[:FIRST]]

    return ask


async def line(of: Servers, asked: Asked, tracks: int, others: int) -> list[str]:
    async with of.database.reading(asked.tenant) as connection:
        exactly = partial(asked.found, connection, exact=True)
        search = partial(asked.found, connection)
        right = await answers(exactly, asked.meanings)
        alone = recall(right, await answers(search, asked.meanings))
        await crowd(of.owner, World(alike=True, seed=99), others, 20)
        among = recall(right, await answers(search, asked.meanings))
        filtered = recall(
            await answers(partial(exactly, wanted=TENTH), asked.meanings),
            await answers(partial(search, wanted=TENTH), asked.meanings),
        )
        plain = await peer(of.owner, asked)
        beside = recall(right, await answers(plain, asked.meanings))
        ours, peers = await took(asked.meanings, search, plain)
        (exact,) = await took(asked.meanings[:FEW], exactly)
    return [
        f"{tracks:,}", f"{tracks * ROWS:,}", "alike" if asked.world.alike else "unlike",
        "exact" if asked.home == SHARED else "HNSW", f"{alone:.3f}", f"{among:.3f}", f"{filtered:.3f}",
        f"{ours[0]:.1f}", f"{ours[1]:.1f}", f"{exact[1]:.1f}", f"{beside:.3f}", f"{peers[1]:.1f}",
        f"{ours[1] / peers[1]:.2f}",
    ]  # fmt: skip


async def main(sizes: list[int], queries: int, others: int, write: bool) -> None:
    rows: list[list[str]] = []
    for tracks in sizes:
        for alike in (False, True):
            async with servers() as of:  # alone: a database of its own
                await read_halves(of.owner)
                world = World(alike)
                own = tracks * ROWS > THRESHOLD
                id_ = await tenant(of.owner, of.database, "measured", world, tracks, own=own)
                await of.owner.execute("vacuum analyze")
                asked = Asked(id_, id_ if own else SHARED, world, meanings(world, queries))
                rows.append(await line(of, asked, tracks, others))
                print(*rows[-1], sep="  ", flush=True)
                if write:  # what is measured so far: a large size may not end
                    given = f"--tracks {' '.join(map(str, sizes))} --others {others} --queries {queries}"
                    command = f"`python -m bench.search_scale {given} --write`"
                    results.write("Search at scale", command, results.table(HEAD, rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--others", type=int, default=1_000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    uvloop.run(main(arguments.tracks, arguments.queries, arguments.others, arguments.write))
