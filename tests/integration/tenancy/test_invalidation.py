"""A change in one process takes effect in all others, by message or, where that is lost, soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.events.tasks import end
from app.provision import SETUP
from tenancy import api_keys, authentication, invalidation, tenants
from tenancy.authentication import Authenticator
from tenancy.cluster import Cluster
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.principals import Principal, TenantSuspended, Unauthenticated
from tenancy.restrictions import Caller
from tenancy.valkey import Valkey, connect
from tests.builders import new_key, new_tenant
from tests.integration.events.helpers import PATIENCE, until


@pytest_asyncio.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Valkey]:
    async with connect(valkey_url) as client:
        yield client


@pytest_asyncio.fixture
async def processes(database: Database, valkey: Valkey) -> AsyncIterator[list[Authenticator]]:
    """Two that listen, as two processes do."""
    listening = [Authenticator(database) for _ in range(2)]
    tasks = [asyncio.create_task(invalidation.listen(valkey, each)) for each in listening]

    nodes = {"target_nodes": Cluster.PRIMARIES} if isinstance(valkey, Cluster) else {}

    async def both_listen() -> bool:
        told: Any = await valkey.pubsub_numsub(invalidation.CHANNEL, **nodes)
        return bool(sum(count for _, count in told) >= len(listening))

    await until(both_listen)
    yield listening
    await end(*tasks)


async def test_a_revoked_key_ends_everywhere_within_a_second(
    database: Database, valkey: Valkey, processes: list[Authenticator]
) -> None:
    tenant = await new_tenant(database)
    header = f"Bearer {await new_key(database, tenant)}"
    other = f"Bearer {await new_key(database, tenant)}"
    principals = [await each.authenticate(header) for each in processes]
    async with database.transaction(tenant) as session:
        await api_keys.revoke(session, tenant, principals[0].id, SETUP)
    for process in processes:
        await process.authenticate(header)  # remembered: this is what the message is for
    with processes[1].watching(principals[1], header) as changed:
        await invalidation.announce(valkey, tenant, principals[0].id)
        async with asyncio.timeout(1):
            await changed.wait()
    for process in processes:
        async with asyncio.timeout(1):
            await until(partial(refused, process, header))
        await process.authenticate(other)


async def refused(process: Authenticator, header: str) -> bool:
    try:
        await process.authenticate(header)
    except Unauthenticated:
        return True
    return False


async def test_a_suspended_tenant_wakes_all_of_its_keys_and_no_others(
    database: Database, valkey: Valkey, processes: list[Authenticator]
) -> None:
    tenant, stranger = await new_tenant(database), await new_tenant(database)
    header = f"Bearer {await new_key(database, tenant)}"
    mine = await processes[0].authenticate(header)
    other = f"Bearer {await new_key(database, stranger)}"
    theirs = await processes[0].authenticate(other)
    async with database.transaction(tenant) as session:
        await tenants.change_status(session, tenant, TenantStatus.SUSPENDED, SETUP)
    with processes[0].watching(mine, header) as changed, processes[0].watching(theirs, other) as unchanged:
        await invalidation.announce(valkey, tenant)
        async with asyncio.timeout(1):
            await changed.wait()
        assert not unchanged.is_set()
    with pytest.raises(TenantSuspended):
        await processes[0].authenticate(header)
    async with database.transaction(tenant) as session:
        await tenants.change_status(session, tenant, TenantStatus.ACTIVE, SETUP)
    processes[0].forget(tenant)
    await processes[0].authenticate(header)


async def test_all_who_show_the_same_are_looked_at_once_and_woken_without_a_message(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "CACHE_SECONDS", 0.05)
    tenant = await new_tenant(database)
    authenticator = Authenticator(database)
    headers = [f"Bearer {await new_key(database, tenant)}" for _ in range(2)]
    found = [await authenticator.authenticate(header) for header in headers]
    asked = list[str | None]()
    authenticate = authenticator.authenticate

    async def counted(authorization: str | None, caller: Caller = authentication.NOWHERE) -> Principal:
        asked.append(authorization)
        return await authenticate(authorization, caller)

    monkeypatch.setattr(authenticator, "authenticate", counted)
    with ExitStack() as stack:
        many = [stack.enter_context(authenticator.watching(found[0], headers[0])) for _ in range(50)]
        other = stack.enter_context(authenticator.watching(found[1], headers[1]))
        await until(lambda: len(asked) >= 6)
        # In each round everybody once.
        assert abs(asked.count(headers[0]) - asked.count(headers[1])) <= 1
        async with database.transaction(tenant) as session:
            await api_keys.revoke(session, tenant, found[0].id, SETUP)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(changed.wait() for changed in many))
        assert not other.is_set()


async def test_a_message_of_another_version_forgets_everything(
    database: Database, valkey: Valkey, processes: list[Authenticator]
) -> None:
    tenant = await new_tenant(database)
    header = f"Bearer {await new_key(database, tenant)}"
    principal = await processes[0].authenticate(header)
    with processes[0].watching(principal, header) as changed:
        await valkey.publish(invalidation.CHANNEL, b"\xff not JSON")
        async with asyncio.timeout(1):
            await changed.wait()


async def test_what_was_looked_up_while_it_changed_is_not_remembered(database: Database) -> None:
    tenant = await new_tenant(database)
    authenticator, header = Authenticator(database), f"Bearer {await new_key(database, tenant)}"
    looking = asyncio.create_task(authenticator.authenticate(header))
    await asyncio.sleep(0)
    authenticator.forget(tenant)
    await looking
    assert not authenticator._known


async def test_a_change_that_can_not_be_announced_is_no_failure() -> None:
    async with Redis.from_url("redis://127.0.0.1:1") as nowhere:
        await invalidation.announce(nowhere, uuid4())
