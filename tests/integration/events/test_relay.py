"""From the outbox to the stream: once, in order, whoever dies on the way."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import insert, text

from app.events import outbox, publication, relay, streams
from app.events.models import Event
from app.events.outbox import Kind
from app.events.publication import carry, locked, prune, publish
from app.events.relay import run_relay
from tenancy.database import Database
from tenancy.valkey import Valkey
from tests.builders import new_tenant
from tests.integration.events.helpers import (
    all_published,
    give_positions,
    published,
    record,
    runs,
    until,
    waiting,
)


@pytest.fixture
def database(events_database: Database) -> Database:
    return events_database


async def kept(database: Database, tenant: UUID) -> list[int]:
    async with database.reading(tenant) as connection:
        rows = await connection.fetch("select position from events order by position")
    return [row["position"] for row in rows]


class Killed(Exception):
    pass


async def test_events_reach_the_stream_in_order_without_gaps(
    database: Database, valkey: Valkey, relay: None
) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1, 2)
    await record(database, tenant, 3)
    await all_published(database, tenant)
    events = await published(valkey, tenant)
    assert runs(events) == [1, 2, 3]
    assert [event.position for event in events] == [1, 2, 3]
    assert {event.kind for event in events} == {Kind.RUN_PROGRESSED}


async def test_a_transaction_that_commits_late_is_not_passed_by(database: Database, valkey: Valkey) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as slow:
        await outbox.record(slow, tenant, [(Kind.RUN_PROGRESSED, {"run": "1"})])
        await record(database, tenant, 2)  # has the greater id, and commits first
        await carry(database, valkey, tenant)
        assert runs(await published(valkey, tenant)) == [2]
    await carry(database, valkey, tenant)
    events = await published(valkey, tenant)
    assert [(event.position, n) for event, n in zip(events, runs(events), strict=True)] == [(1, 2), (2, 1)]


async def test_a_relay_killed_before_it_marks_publishes_nothing_twice(
    database: Database, valkey: Valkey
) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1, 2)
    await give_positions(database, tenant)
    with suppress(Killed):
        async with database.writing(tenant) as connection:
            assert await locked(connection, tenant)
            assert await publish(connection, valkey, tenant) == 2
            raise Killed
    assert tenant in await waiting(database)
    await record(database, tenant, 3)
    assert await carry(database, valkey, tenant) is False
    assert runs(await published(valkey, tenant)) == [1, 2, 3]
    assert tenant not in await waiting(database)


async def test_several_relays_keep_the_order(
    database: Database, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "BATCH", 7)  # many turns, so that they meet
    monkeypatch.setattr(relay, "SWEEP_SECONDS", 0.05)
    tenants = [await new_tenant(database) for _ in range(2)]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(run_relay(database, valkey, stop)) for _ in range(3)]
    for start in range(0, 100, 5):
        for tenant in tenants:
            await record(database, tenant, *range(start, start + 5))
    await all_published(database, *tenants)
    stop.set()
    await asyncio.gather(*tasks)
    for tenant in tenants:
        events = await published(valkey, tenant)
        assert runs(events) == list(range(100))
        assert [event.position for event in events] == list(range(1, 101))


async def test_a_lock_that_is_held_is_left_to_its_holder(database: Database, valkey: Valkey) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1)
    async with database.writing(tenant) as connection:
        assert await locked(connection, tenant)
        assert await carry(database, valkey, tenant) is False
        assert await published(valkey, tenant) == []
    await carry(database, valkey, tenant)
    assert runs(await published(valkey, tenant)) == [1]


async def test_positions_go_on_when_the_stream_is_lost(database: Database, valkey: Valkey) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1, 2)
    await carry(database, valkey, tenant)
    await valkey.delete(streams.key(tenant))
    await record(database, tenant, 3)
    await carry(database, valkey, tenant)
    assert [event.position for event in await published(valkey, tenant)] == [3]


async def test_an_event_that_no_notification_announced_is_found(
    database: Database, valkey: Valkey, relay: None
) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        await session.execute(
            insert(Event).values(tenant_id=tenant, kind=Kind.RUN_PROGRESSED, payload={"run": "1"})
        )
    await all_published(database, tenant)
    assert runs(await published(valkey, tenant)) == [1]


async def test_news_of_a_tenant_that_is_being_carried_wait_for_no_sweep(
    database: Database, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "SWEEP_SECONDS", 3_600.0)
    tenants = [await new_tenant(database) for _ in range(relay.LANES + 2)]
    stop = asyncio.Event()
    task = asyncio.create_task(run_relay(database, valkey, stop))
    for number in range(30):
        await asyncio.gather(*(record(database, tenant, number) for tenant in tenants))
    await all_published(database, *tenants)
    stop.set()
    await task
    for tenant in tenants:
        assert runs(await published(valkey, tenant)) == list(range(30))


async def test_a_relay_waits_for_a_valkey_that_is_away(database: Database, valkey: Valkey) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1)
    stop = asyncio.Event()
    async with Redis(host="127.0.0.1", port=1) as away:
        task = asyncio.create_task(run_relay(database, away, stop))

        async def numbered() -> bool:
            return await kept(database, tenant) == [1]

        await until(numbered)
        assert not task.done()
        stop.set()
        await task
    assert tenant in await waiting(database)
    await carry(database, valkey, tenant)
    assert runs(await published(valkey, tenant)) == [1]


async def test_old_events_are_deleted_from_the_oldest_on_and_never_the_newest(
    database: Database, valkey: Valkey
) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1, 2, 3, 4)
    await carry(database, valkey, tenant)
    await age(database, tenant, 1, 2, 4)
    await prune(database, tenant)
    assert await kept(database, tenant) == [3, 4]
    await age(database, tenant, 3)
    await prune(database, tenant)
    assert await kept(database, tenant) == [4]
    await record(database, tenant, 5)
    await carry(database, valkey, tenant)
    assert await kept(database, tenant) == [4, 5]


async def test_an_event_that_waits_is_not_deleted(database: Database) -> None:
    tenant = await new_tenant(database)
    await record(database, tenant, 1, 2)
    await give_positions(database, tenant)
    await age(database, tenant, 1, 2)
    await prune(database, tenant)
    assert await kept(database, tenant) == [1, 2]


async def age(database: Database, tenant: UUID, *positions: int) -> None:
    """Makes events older than they are kept."""
    async with database.transaction(tenant) as session:
        await session.execute(
            text("""
                update events set at = now() - cast(:age as interval)
                where tenant_id = :tenant and position = any(:positions)"""),
            {
                "age": publication.RETENTION + timedelta(hours=1),
                "tenant": tenant,
                "positions": list(positions),
            },
        )


async def test_a_stopped_relay_ends(database: Database, valkey: Valkey) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(run_relay(database, valkey, stop))
    await asyncio.sleep(0)
    stop.set()
    await until(task.done)
    assert task.exception() is None
