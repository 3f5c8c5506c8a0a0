"""A tenant's life: created, suspended, resumed, closed; every step in its audit log, and nothing lost."""

from __future__ import annotations

import pytest

from app.provision import SETUP
from tenancy import tenants
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.tenants import TenantClosed
from tests.builders import add_tracks, new_tenant, song


async def test_suspending_and_resuming_loses_nothing(database: Database) -> None:
    tenant = await new_tenant(database)
    await add_tracks(database, tenant, [song()])
    for status in (TenantStatus.SUSPENDED, TenantStatus.SUSPENDED, TenantStatus.ACTIVE):
        async with database.transaction(tenant) as session:
            await tenants.change_status(session, tenant, status, SETUP)
    async with database.reading(tenant) as connection:
        assert await connection.fetchval("select count(*) from tracks") == 1
        log = await connection.fetch("select action, before, after from audit_log order by id")
    assert [row["action"] for row in log] == ["tenant.created", "tenant.suspended", "tenant.resumed"]


async def test_a_closed_tenant_stays_closed(database: Database) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        await tenants.change_status(session, tenant, TenantStatus.CLOSED, SETUP)
    with pytest.raises(TenantClosed):
        async with database.transaction(tenant) as session:
            await tenants.change_status(session, tenant, TenantStatus.ACTIVE, SETUP)


async def test_operators_see_every_tenant_and_no_more_of_them(database: Database) -> None:
    slugs = {f"every-{n}" for n in range(3)}
    for slug in slugs:
        await new_tenant(database, slug)
    found = await tenants.every(database)
    assert slugs <= {row["slug"] for row in found}
    assert set(found[0].keys()) == {"id", "slug", "status", "plan"}
