"""Everything is killed at random, and in the end nothing is lost and nothing is there twice.

A minute of it takes two with the start and what is left to do; RAP_ANALYZER_CHAOS_SECONDS makes it
last longer (`make nightly`: a quarter of an hour). RAP_ANALYZER_CHAOS_SEED repeats the choices of a run: who
is killed, when, and what clients do. What the machine makes of it is another time's luck.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from tenancy.database import Database
from tests.builders import Tenant, new_key, new_tenant
from tests.chaos.producers import Producer
from tests.chaos.subscribers import QUERIES, OverSSE, OverWebSocket, Subscriber
from tests.chaos.world import World, world

SECONDS = float(os.environ.get("RAP_ANALYZER_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("RAP_ANALYZER_CHAOS_SEED") or random.SystemRandom().randrange(10**6))
TENANTS, PRODUCERS, SUBSCRIBERS = 3, 4, 50
BETWEEN = (0.5, 3.0)  # seconds from one kill to the next
SETTLE_SECONDS = 240.0  # a busy machine fails nothing
ANALYZERS = 5


async def kill_at_random(world: World, seconds: float) -> None:
    """Every server and program dies, however short it is, and all of them before one dies again."""
    clock = asyncio.get_running_loop().time
    end, waiting = clock() + seconds, list[str]()
    while clock() < end or len(world.killed) < len(world.names):
        if not waiting:
            waiting = random.sample(world.names, len(world.names))
        await world.kill(waiting.pop(), pause=random.uniform(0, 1.5))
        await asyncio.sleep(random.uniform(*BETWEEN))


async def settled(database: Database, tenants: Sequence[UUID]) -> None:
    """Returns when all runs have ended, all tracks have their vectors, and all events their positions."""
    query = """select
      (select count(*) from runs where finished_at is null) + (select count(*) from embed_items)
      + (select count(*) from events where position is null or not published)"""
    async with asyncio.timeout(SETTLE_SECONDS):
        for tenant in tenants:
            while True:
                try:
                    async with database.reading(tenant) as connection:
                        if await connection.fetchval(query) == 0:
                            break
                except OSError:
                    pass
                await asyncio.sleep(0.5)


async def events(database: Database, tenant: UUID) -> list[tuple[str, str]]:
    """Cursor and type of every event, in order."""
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(
            "select position, kind, floor(extract(epoch from at) * 1000)::bigint as ms"
            " from events order by position"
        )
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1)), "positions have no gaps"
    return [(f"{row['position']}-{row['ms']}", row["kind"]) for row in rows]


async def heard(subscriber: Subscriber, log: list[tuple[str, str]]) -> None:
    """The subscriber's log is the database's, when it has had its time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while True:
                if len(subscriber.log) >= len(log):
                    await asyncio.sleep(0.5)  # in which nothing more may come
                    break
                await asyncio.sleep(0.2)
    assert subscriber.log == log, first_difference(subscriber.log, log)


async def check_analyses(database: Database, tenant: Tenant, producers: Sequence[Producer]) -> int:
    """Every track that was promised is there, with exactly its analyses; how many there are."""
    async with database.reading(tenant.id) as connection:
        runs = await connection.fetch(
            "select r.status, r.total, r.completed, r.failed, count(a.id) as analyses,"
            " count(distinct (a.track_id, a.analyzer)) as different"
            " from runs r left join analyses a on a.run_id = r.id group by r.tenant_id, r.id"
        )
        rows = await connection.fetch(
            "select t.title, count(a.id) as analyses, count(distinct a.analyzer) as different,"
            " exists (select from passages p where p.track_id = t.id) as embedded"
            " from tracks t left join analyses a on a.track_id = t.id group by t.tenant_id, t.id"
        )
        events = await connection.fetch(
            "select payload->>'analysis' as analysis from events where kind = 'AnalysisCompleted'"
        )
        analyses = await connection.fetch("select id::text from analyses")
        jobs = await connection.fetchval("select count(*) from run_items")
    for run in runs:
        assert (run["status"], run["completed"], run["failed"]) == ("COMPLETED", run["total"], 0), run
        assert run["analyses"] == run["different"] == ANALYZERS * run["total"], run
    tracks = {row["title"]: row for row in rows}
    assert len(tracks) == len(rows), "a song was added twice"
    assert all(row["embedded"] for row in rows)
    for producer in producers:
        for title in producer.analyzed:
            assert (tracks[title]["analyses"], tracks[title]["different"]) == (ANALYZERS, ANALYZERS), title
        for title in producer.stored:
            assert tracks[title]["analyses"] in (0, ANALYZERS), title
    # One event an analysis, whoever was killed between the two.
    assert sorted(row["analysis"] for row in events) == sorted(row["id"] for row in analyses)
    assert jobs == 0
    return len(analyses)


async def test_nothing_is_lost_and_nothing_done_twice(tmp_path: Path) -> None:
    print(f"RAP_ANALYZER_CHAOS_SEED={SEED}")  # noqa: T201 - to repeat it
    random.seed(SEED)
    async with world(tmp_path) as made:
        database = Database(made.database_url)
        tenants = []
        for number in range(TENANTS):
            id_ = await new_tenant(database, f"chaos-{number}")
            tenants.append(Tenant(id_, key=await new_key(database, id_)))
        producers = [Producer(made.urls, tenants[n % TENANTS].key) for n in range(PRODUCERS)]
        subscribers: list[Subscriber] = [
            (OverWebSocket if n % 2 else OverSSE)(
                made.urls, tenants[n % TENANTS].key, QUERIES[n // 2 % len(QUERIES)]
            )
            for n in range(SUBSCRIBERS)
        ]
        stop = asyncio.Event()
        watching = [asyncio.create_task(each.run()) for each in subscribers]
        producing = [asyncio.create_task(each.run(stop)) for each in producers]
        killing = asyncio.create_task(kill_at_random(made, SECONDS))
        done, _ = await asyncio.wait({killing, *watching, *producing}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a client that failed would not come back
        stop.set()
        await made.ready()
        await asyncio.gather(*producing)
        await settled(database, [tenant.id for tenant in tenants])
        total = 0
        for number, tenant in enumerate(tenants):
            log = await events(database, tenant.id)
            theirs = [each for n, each in enumerate(subscribers) if n % TENANTS == number]
            await asyncio.gather(*(heard(each, log) for each in theirs))
            total += await check_analyses(
                database, tenant, [each for n, each in enumerate(producers) if n % TENANTS == number]
            )
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await database.close()
        connections = sum(each.connections for each in subscribers)
        print(  # noqa: T201 - what it was worth
            f"killed {len(made.killed)} ({', '.join(made.killed)}); {total} analyses;"
            f" {sum(len(each.log) for each in subscribers)} events over {connections} connections;"
            f" ended by themselves: { {p.name: p.ended for p in made.programs if p.ended} }"
        )
        assert "Traceback" not in made.logs()


def first_difference(heard: list[tuple[str, str]], log: list[tuple[str, str]]) -> str:
    for n, (one, two) in enumerate(zip(heard, log, strict=False)):
        if one != two:
            return f"event {n}: heard {one}, and there is {two}"
    return f"heard {len(heard)} of {len(log)}"
