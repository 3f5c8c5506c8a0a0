"""A key's life: created, rotated, revoked, each within what its creator has, and each in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from app.provision import SETUP
from tenancy import api_keys, last_use
from tenancy.api_keys import GRACE, ApiKeyEnded, ExpiryExceeded, ScopeExceeded
from tenancy.audit import Actor
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.models import ApiKey
from tenancy.principals import Principal, Unauthenticated
from tenancy.restrictions import Caller, CallerRefused, Restrictions
from tenancy.scopes import ADMIN, READER, Scope
from tests.builders import new_key, new_tenant


async def principal_of(database: Database, text: str) -> Principal:
    return await Authenticator(database).authenticate(f"Bearer {text}")


async def works(database: Database, text: str) -> bool:
    try:
        await principal_of(database, text)
    except Unauthenticated:
        return False
    return True


async def rotated(
    database: Database, tenant: UUID, key: UUID, grace: timedelta = GRACE
) -> tuple[ApiKey, ApiKey, str]:
    async with database.transaction(tenant) as session:
        old, new, secret = await api_keys.rotate(session, tenant, key, SETUP, grace=grace)
    return old, new, secret.text


async def test_both_keys_work_in_the_grace_period_and_then_the_new_one_alone(database: Database) -> None:
    tenant = await new_tenant(database)
    text = await new_key(database, tenant, role="analyst")
    before = await principal_of(database, text)
    old, new, successor = await rotated(database, tenant, before.id)
    after = await principal_of(database, successor)
    assert (after.scopes, after.name, after.id) == (before.scopes, before.name, new.id)
    assert await works(database, text)
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - datetime.now(UTC) <= timedelta(days=1)
    _, _, last = await rotated(database, tenant, new.id, grace=timedelta(0))
    assert not await works(database, successor)
    assert await works(database, last)


async def test_grace_never_outlives_the_key(database: Database) -> None:
    tenant, end = await new_tenant(database), datetime.now(UTC) + timedelta(hours=1)
    async with database.transaction(tenant) as session:
        key, _ = await api_keys.create(session, tenant, "short", READER, SETUP, expires_at=end)
    old, new, _ = await rotated(database, tenant, key.id, grace=timedelta(days=30))
    assert old.expires_at == new.expires_at == end


async def test_what_has_ended_has_no_successor(database: Database) -> None:
    tenant = await new_tenant(database)
    key = (await principal_of(database, await new_key(database, tenant))).id
    await rotated(database, tenant, key)
    with pytest.raises(ApiKeyEnded):
        await rotated(database, tenant, key)
    async with database.transaction(tenant) as session:
        revoked, _ = await api_keys.create(session, tenant, "x", READER, SETUP)
        await api_keys.revoke(session, tenant, revoked.id, SETUP)
    with pytest.raises(ApiKeyEnded):
        await rotated(database, tenant, revoked.id)


async def test_a_key_gives_no_more_than_its_creator_has(database: Database) -> None:
    tenant = await new_tenant(database)
    admin = (await principal_of(database, await new_key(database, tenant))).id
    creator = await principal_of(database, await new_key(database, tenant, Scope.ADMIN_KEYS))
    with pytest.raises(ScopeExceeded, match="tracks:read"):
        async with database.transaction(tenant) as session:
            await api_keys.create(session, tenant, "x", ADMIN, SETUP, creator=creator)
    with pytest.raises(ScopeExceeded):  # a successor's text would be handed out
        async with database.transaction(tenant) as session:
            await api_keys.rotate(session, tenant, admin, SETUP, creator=creator)


async def test_a_key_lives_no_longer_than_its_creator(database: Database) -> None:
    tenant, end = await new_tenant(database), datetime.now(UTC) + timedelta(hours=1)
    async with database.transaction(tenant) as session:
        _, secret = await api_keys.create(session, tenant, "short", ADMIN, SETUP, expires_at=end)
    creator = await principal_of(database, secret.text)
    async with database.transaction(tenant) as session:
        key, _ = await api_keys.create(session, tenant, "x", READER, SETUP, creator=creator)
        assert key.expires_at == end
        with pytest.raises(ExpiryExceeded):
            await api_keys.create(
                session, tenant, "x", READER, SETUP, expires_at=end + timedelta(days=1), creator=creator
            )


async def test_another_tenants_key_is_not_there(database: Database) -> None:
    tenant, stranger = await new_tenant(database), await new_tenant(database)
    text = await new_key(database, tenant)
    key = (await principal_of(database, text)).id
    with pytest.raises(api_keys.ApiKeyNotFound):
        await rotated(database, stranger, key)
    with pytest.raises(api_keys.ApiKeyNotFound):
        async with database.transaction(stranger) as session:
            await api_keys.revoke(session, stranger, key, SETUP)
    assert await works(database, text)


async def test_a_restricted_key_works_from_its_places_alone(database: Database) -> None:
    tenant = await new_tenant(database)
    restrictions = Restrictions.parse(["203.0.113.0/24"], ["https://app.example.com"])
    async with database.transaction(tenant) as session:
        _, secret = await api_keys.create(session, tenant, "x", READER, SETUP, restrictions=restrictions)
    authenticator, header = Authenticator(database), f"Bearer {secret.text}"
    inside = Caller("203.0.113.9", "https://app.example.com")
    await authenticator.authenticate(header, inside)
    for outside in (
        Caller("198.51.100.1", inside.origin),
        Caller(inside.address, "https://evil.example"),
        Caller(inside.address, None),
        Caller(None, inside.origin),
    ):
        with pytest.raises(CallerRefused):
            await authenticator.authenticate(header, outside)


async def test_every_change_is_in_the_audit_log_and_no_secret_is(database: Database) -> None:
    tenant = await new_tenant(database)
    actor = Actor.of(await principal_of(database, await new_key(database, tenant)), "203.0.113.9")
    async with database.transaction(tenant) as session:
        key, first = await api_keys.create(session, tenant, "site", READER, actor)
        _, _, second = await api_keys.rotate(session, tenant, key.id, actor)
        await api_keys.revoke(session, tenant, key.id, actor)
        await api_keys.revoke(session, tenant, key.id, actor)  # changes nothing, so says nothing
    async with database.reading(tenant) as connection:
        rows = await connection.fetch("select * from audit_log where target_id = $1 order by id", key.id)
        text = str(await connection.fetch("select a::text from audit_log a"))
    assert [row["action"] for row in rows] == ["api_key.created", "api_key.rotated", "api_key.revoked"]
    assert {(row["actor_id"], row["address"]) for row in rows} == {(actor.id, "203.0.113.9")}
    for secret in (first, second):
        assert secret.prefix in text
        assert secret.secret not in text
        assert secret.secret_hash.hex() not in text


@pytest.mark.parametrize("statement", ["update audit_log set action = 'x'", "delete from audit_log"])
async def test_the_audit_log_can_not_be_changed(database: Database, statement: str) -> None:
    tenant = await new_tenant(database)
    connection = await database.connect(default_transaction_read_only="off")
    try:
        await connection.execute("select set_config('app.tenant_id', $1, false)", str(tenant))
        assert await connection.fetchval("select count(*) from audit_log") >= 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_last_use_is_stored_in_batches(database: Database) -> None:
    tenants = [await new_tenant(database) for _ in range(2)]
    authenticator = Authenticator(database)
    used = [await authenticator.authenticate(f"Bearer {await new_key(database, t)}") for t in tenants]
    idle = await principal_of(database, await new_key(database, tenants[0]))
    await last_use.store(database, authenticator)
    assert authenticator.used == {}
    for principal in used:
        async with database.reading(principal.tenant) as connection:
            rows = dict(await connection.fetch("select id, last_used_at from api_keys"))
        assert datetime.now(UTC) - rows[principal.id] < timedelta(minutes=1)
        assert rows.get(idle.id) is None
