"""From an Authorization header to a principal, and everything that can be wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.provision import SETUP
from tenancy import api_keys, authentication, key_format
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.models import Tenant
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.scopes import ANALYST, READER
from tests.builders import new_key, new_tenant


async def test_a_key_gives_its_tenant_and_scopes(database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant, role="analyst")
    principal = await Authenticator(database).authenticate(f"Bearer {key}")
    assert principal.tenant == tenant
    assert principal.scopes == ANALYST


@pytest.mark.parametrize(
    ("header", "says"),
    [(None, "Send an API key"), ("", "Send an API key"), ("Basic eDp5", "Bearer"), ("Bearer", "Bearer"),
     ("Bearer rap_live_x", "checksum"), ("Bearer " + "a" * 10_000, "checksum")],
)  # fmt: skip
async def test_other_headers_are_refused(database: Database, header: str | None, says: str) -> None:
    with pytest.raises(Unauthenticated, match=says):
        await Authenticator(database).authenticate(header)


async def test_a_well_formed_key_that_nobody_has(database: Database) -> None:
    with pytest.raises(Unauthenticated, match="unknown or revoked"):
        await Authenticator(database).authenticate(f"Bearer {key_format.generate('live').text}")


async def test_the_right_id_with_another_secret(database: Database) -> None:
    tenant = await new_tenant(database)
    key = key_format.parse(await new_key(database, tenant))
    forged = key_format.KeyText(key.environment, key.key_id, "A" * 32)
    with pytest.raises(Unauthenticated, match="unknown or revoked"):
        await Authenticator(database).authenticate(f"Bearer {forged.text}")


async def test_a_revoked_key_ends_within_the_cache_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(authentication, "monotonic", lambda: clock[0])
    tenant, authenticator = await new_tenant(database), Authenticator(database)
    key = await new_key(database, tenant)
    principal = await authenticator.authenticate(f"Bearer {key}")
    async with database.transaction(tenant) as session:
        await api_keys.revoke(session, tenant, principal.id, SETUP)
    clock[0] += authentication.CACHE_SECONDS + 0.01
    with pytest.raises(Unauthenticated, match="revoked"):
        await authenticator.authenticate(f"Bearer {key}")


async def test_an_expired_key_ends_at_once(database: Database) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        _, secret = await api_keys.create(
            session, tenant, "old", READER, SETUP, expires_at=datetime.now(UTC) - timedelta(seconds=1)
        )
    with pytest.raises(Unauthenticated, match="expired"):
        await Authenticator(database).authenticate(f"Bearer {secret.text}")


async def test_a_suspended_tenant_is_told_so(database: Database) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    async with database.transaction(tenant) as session:
        await session.execute(update(Tenant).where(Tenant.id == tenant).values(status="SUSPENDED"))
    with pytest.raises(TenantSuspended):
        await Authenticator(database).authenticate(f"Bearer {key}")


async def test_the_secret_is_not_stored(database: Database) -> None:
    tenant = await new_tenant(database)
    text = await new_key(database, tenant)
    async with database.reading(tenant) as connection:
        stored = str(await connection.fetch("select k::text from api_keys k"))
    assert key_format.parse(text).secret not in stored
    assert key_format.parse(text).secret.encode().hex() not in stored
