"""From the stream to subscribers: everything since the cursor, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from app.embedded.valkey import EmbeddedValkey
from app.events import hub as hub_module
from app.events import streams
from app.events.hub import Hub, InvalidCursor, StreamEvent
from app.events.publication import carry
from app.events.relay import run_relay
from app.events.streams import MISSED
from app.events.tasks import end
from tenancy.database import Database
from tenancy.valkey import Valkey
from tests.builders import new_tenant
from tests.integration.events.helpers import PATIENCE, nothing, record, runs, take, until


@pytest.fixture
def database(events_database: Database) -> Database:
    return events_database


async def subscribed(
    hub: Hub, tenant: UUID
) -> tuple[AsyncGenerator[StreamEvent, None], asyncio.Future[StreamEvent]]:
    """A subscription from now on, and its first event."""
    before = hub.subscribers
    stream = hub.subscribe(tenant)
    first = asyncio.ensure_future(anext(stream))
    await until(lambda: hub.subscribers > before)
    return stream, first


async def test_a_subscriber_gets_what_happens_from_now_on(database: Database, hub: Hub, relay: None) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1)
    async with aclosing(hub.subscribe(tenant, "0-0")) as earlier:
        assert runs(await take(earlier, 1)) == [1]
    stream, first = await subscribed(hub, tenant)
    async with aclosing(stream):
        began = datetime.now(UTC)
        await record(database, tenant, 2, 3)
        event = await first
        assert runs([event, *await take(stream, 1)]) == [2, 3]
        assert abs(event.at - began) < timedelta(minutes=1)
    assert hub.subscribers == 0


async def test_news_alone_bring_what_happens(
    database: Database, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "BLOCK_SECONDS", 3600.0)  # nobody looks for what was not announced
    tenant = await new_tenant(database)
    async with Hub(database, valkey) as hub, asyncio.timeout(PATIENCE):
        stream, first = await subscribed(hub, tenant)
        async with aclosing(stream):
            await record(database, tenant, 1)
            await carry(database, valkey, tenant)
            assert runs([await first]) == [1]
            for n in (2, 3):
                await record(database, tenant, n)
                await carry(database, valkey, tenant)
                assert runs([await anext(stream)]) == [n]


async def test_what_nobody_announced_is_found_all_the_same(
    database: Database, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "BLOCK_SECONDS", 0.2)
    tenant = await new_tenant(database)
    async with Hub(database, valkey) as hub:
        stream, first = await subscribed(hub, tenant)
        async with aclosing(stream):
            with monkeypatch.context() as patch:
                patch.setattr(streams, "announce", said_nothing)  # as relays of an older version
                await record(database, tenant, 1)
                await carry(database, valkey, tenant)
            assert runs([await first]) == [1]


async def said_nothing(_: Redis, __: UUID) -> None:
    """Nothing."""


async def test_a_client_that_comes_back_gets_exactly_what_it_missed(
    database: Database, hub: Hub, relay: None
) -> None:
    tenant = await new_tenant(database)
    stream, first = await subscribed(hub, tenant)
    async with aclosing(stream):
        await record(database, tenant, 1, 2, 3)
        cursor = [await first, *await take(stream, 1)][-1].cursor
    await record(database, tenant, *range(4, 300))
    async with aclosing(hub.subscribe(tenant, cursor)) as again:
        assert runs(await take(again, 150)) == list(range(3, 153))
        await record(database, tenant, *range(300, 310))
        assert runs(await take(again, 157)) == list(range(153, 310))
        await nothing(again)


async def test_there_is_no_gap_between_catching_up_and_live(
    database: Database, hub: Hub, relay: None
) -> None:
    tenant = await new_tenant(database)

    async def write() -> None:
        for number in range(200):
            await record(database, tenant, number)

    async def watch() -> list[int | str]:
        async with aclosing(hub.subscribe(tenant, "0-0")) as stream:
            return runs(await take(stream, 200))

    writing = asyncio.create_task(write())
    watching = []
    for _ in range(10):
        watching.append(asyncio.create_task(watch()))
        await asyncio.sleep(0.02)
    await writing
    for numbers in await asyncio.gather(*watching):
        assert numbers == list(range(200))


async def test_one_tenant_sees_nothing_of_another(database: Database, hub: Hub, relay: None) -> None:
    ours, theirs = await new_tenant(database), await new_tenant(database)
    await record(database, theirs, 1)
    async with aclosing(hub.subscribe(ours, "0-0")) as stream:
        first = asyncio.ensure_future(anext(stream))
        async with aclosing(hub.subscribe(theirs, "0-0")) as their_stream:
            assert runs(await take(their_stream, 1)) == [1]
            await record(database, theirs, 2)
            assert runs(await take(their_stream, 1)) == [2]
        assert not first.done()
        await record(database, ours, 7)
        assert runs([await first]) == [7]
        await nothing(stream)
    async with aclosing(hub.subscribe(uuid4(), "0-0")) as nobody:
        await nothing(nobody)


async def test_a_slow_subscriber_is_told_and_goes_on_without_a_loss(
    database: Database, valkey: Valkey, relay: None
) -> None:
    tenant = await new_tenant(database)
    async with Hub(database, valkey, queue_size=5, patience_seconds=0) as hub:
        slow, first = await subscribed(hub, tenant)
        quick, quick_first = await subscribed(hub, tenant)
        async with aclosing(slow), aclosing(quick):
            await record(database, tenant, 0)
            assert runs([await first, await quick_first]) == [0, 0]
            for number in range(1, 21):
                await record(database, tenant, number)
                assert runs(await take(quick, 1)) == [number]  # not slowed by the other
            events = await take(slow, 21)
            assert runs(events) == [MISSED, *range(1, 21)]
            assert events[0].cursor == (await first).cursor
            assert datetime.fromisoformat(events[0].payload["since"]) <= events[1].at
            await record(database, tenant, 21)
            assert runs(await take(slow, 1)) == [21]


async def test_a_burst_makes_nobody_slow(database: Database, valkey: Valkey, relay: None) -> None:
    tenant = await new_tenant(database)
    async with Hub(database, valkey, queue_size=5) as hub:
        stream, first = await subscribed(hub, tenant)
        async with aclosing(stream):
            await record(database, tenant, *range(300))
            assert runs([await first, *await take(stream, 299)]) == list(range(300))


async def test_an_older_cursor_than_what_is_kept_gets_events_missed_first(
    database: Database, valkey: Valkey, hub: Hub
) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1, 2, 3, 4)
    await carry(database, valkey, tenant)
    async with aclosing(hub.subscribe(tenant, "0-0")) as stream:
        events = await take(stream, 4)
    async with database.transaction(tenant) as session:
        await session.execute(
            text("delete from events where tenant_id = :tenant and position < 3"), {"tenant": tenant}
        )
    async with aclosing(hub.subscribe(tenant, events[0].cursor)) as stream:
        missed, *rest = await take(stream, 3)
        assert (missed.kind, runs(rest)) == (MISSED, [3, 4])
        since = datetime.fromisoformat(missed.payload["since"])
        assert timedelta(0) <= events[0].at - since < timedelta(milliseconds=1)
    for cursor in (events[1].cursor, missed.cursor):
        async with aclosing(hub.subscribe(tenant, cursor)) as stream:
            assert runs(await take(stream, 2)) == [3, 4]


async def test_a_cursor_ahead_of_the_database_is_no_silent_hole(
    database: Database, valkey: Valkey, hub: Hub, relay: None
) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1)
    await carry(database, valkey, tenant)
    async with aclosing(hub.subscribe(tenant, "500-1767225600000")) as stream:
        assert runs(await take(stream, 1)) == [MISSED]
        await record(database, tenant, 2)
        assert runs(await take(stream, 1)) == [2]


async def test_what_the_stream_has_lost_comes_from_postgres(
    database: Database, valkey: Valkey, hub: Hub, tmp_path: Path
) -> None:
    tenant = await new_tenant(database)
    stream, first = await subscribed(hub, tenant)
    async with aclosing(stream):
        await record(database, tenant, 1)
        await carry(database, valkey, tenant)
        assert runs([await first]) == [1]
        await record(database, tenant, 2, 3)
        async with (
            EmbeddedValkey(tmp_path / "lost", durable=False) as lost,
            Redis.from_url(lost.url) as client,
        ):
            await carry(database, client, tenant)  # marked as published, and then nobody can read it
        await record(database, tenant, 4)
        await carry(database, valkey, tenant)
        assert runs(await take(stream, 3)) == [2, 3, 4]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "1",
        "1-",
        "-1",
        "1-2-3",
        "1-x",
        " 1-2",
        "1-2\n",
        "-1-2",
        "9" * 30 + "-0",
        "١-٢",
        "1-" + "9" * 15,
    ],
)
def test_a_malformed_cursor_is_named(database: Database, hub: Hub, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        hub.subscribe(uuid4(), cursor)


async def test_subscriptions_outlive_valkey(database: Database, tmp_path: Path) -> None:
    tenant, other = await new_tenant(database), await new_tenant(database)
    server = EmbeddedValkey(tmp_path / "valkey", durable=False)
    stop = asyncio.Event()
    running = await server.start()
    async with Redis.from_url(running.url) as valkey, Hub(database, valkey) as hub:
        relaying = asyncio.create_task(run_relay(database, valkey, stop))
        stream, first = await subscribed(hub, tenant)
        async with aclosing(stream):
            await record(database, tenant, 1)
            assert runs([await first]) == [1]
            await server.stop()
            await record(database, tenant, 2, 3)
            async with aclosing(hub.subscribe(other, "0-0")) as late:
                waiting = asyncio.ensure_future(anext(late))
                assert runs(await take(stream, 2)) == [2, 3]  # from Postgres, at the pace of the retries
                await server.start()  # empty
                await record(database, tenant, 4)
                await record(database, other, 5)
                assert runs(await take(stream, 1)) == [4]
                assert runs([await waiting]) == [5]
            await nothing(stream)
        stop.set()
        await relaying
    await server.stop()


async def test_a_hub_closes_whatever_it_is_doing(database: Database, valkey: Valkey) -> None:
    tenant = await new_tenant(database)
    for moment in range(40):
        hub = Hub(database, valkey)
        await hub.start()
        async with aclosing(hub.subscribe(tenant, "0-0")) as stream:
            first = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(moment / 4000)
            await end(first)
        async with asyncio.timeout(PATIENCE):
            await hub.close()
