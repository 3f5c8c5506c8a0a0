"""Every table belongs to tenants, is confined to them, and the application's role can't get round it."""

from __future__ import annotations

import asyncpg
import pytest

from tenancy.database import Database, UnsafeDatabaseRole
from tenancy.rls import APP_ROLE, GATE_ROLE

# Not tenants' rows: Alembic's own, and the queue's, whose payloads hold ids alone.
EXCEPTIONS = {"alembic_version", "pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}

TABLES = """
    select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
           pg_get_userbyid(c.relowner) as owner, array_agg(a.attname::text) as key
    from pg_class c
    join pg_index i on i.indrelid = c.oid and i.indisprimary
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    group by 1, 2, 3, 4"""


@pytest.fixture
async def owner(owner_url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


async def test_every_table_is_confined_to_its_tenant(owner: asyncpg.Connection) -> None:
    tables = [row for row in await owner.fetch(TABLES) if row["name"] not in EXCEPTIONS]
    assert len(tables) >= 12
    for table in tables:
        assert table["enabled"], f"{table['name']} has no row-level security"
        assert table["forced"], f"{table['name']} does not force row-level security on its owner"
        assert table["owner"] not in (APP_ROLE, GATE_ROLE), f"{table['name']} belongs to {table['owner']}"
        wanted = "id" if table["name"] == "tenants" else "tenant_id"
        assert wanted in table["key"], f"{table['name']} has no {wanted} in its primary key"


async def test_every_table_has_a_key_at_all(owner: asyncpg.Connection) -> None:
    without = await owner.fetch(
        "select relname from pg_class c where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        " and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)"
    )
    assert {row["relname"] for row in without} <= EXCEPTIONS


async def test_policies_show_the_current_tenant_alone(owner: asyncpg.Connection) -> None:
    policies = await owner.fetch(
        "select tablename, policyname, roles::text[], qual, with_check"
        " from pg_policies where schemaname = 'public'"
    )
    for policy in policies:
        if policy["policyname"] == "gate":
            assert policy["roles"] == [GATE_ROLE]
        else:
            column = "id" if policy["tablename"] == "tenants" else "tenant_id"
            for rule in (policy["qual"], policy["with_check"]):
                assert rule is not None
                assert rule.startswith(f"({column} = (NULLIF(current_setting('app.tenant_id'::text, true)")


async def test_foreign_keys_carry_the_tenant(owner: asyncpg.Connection) -> None:
    keys = await owner.fetch(
        "select conrelid::regclass::text as child, confrelid::regclass::text as parent,"
        " (select array_agg(attname::text) from pg_attribute"
        "  where attrelid = conrelid and attnum = any(conkey)) as columns"
        " from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace"
    )
    assert keys
    for key in keys:
        assert "tenant_id" in key["columns"], f"{key['child']} can point at another tenant's {key['parent']}"


async def test_the_application_may_only_what_it_needs(owner: asyncpg.Connection) -> None:
    for role in (APP_ROLE, GATE_ROLE):
        row = await owner.fetchrow("select * from pg_roles where rolname = $1", role)
        assert row is not None
        assert [row[it] for it in ("rolsuper", "rolbypassrls", "rolcanlogin", "rolcreaterole")] == [False] * 4
    truncates = await owner.fetch(
        "select table_name from information_schema.role_table_grants where grantee = any($1)"
        " and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')",
        [APP_ROLE, GATE_ROLE],
    )
    assert truncates == []


async def test_the_login_cannot_become_the_gate(database: Database) -> None:
    connection = await database.connect(default_transaction_read_only="off")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"set role {GATE_ROLE}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("alter table tracks disable row level security")
    finally:
        await connection.close()


async def test_no_tenant_means_no_rows(database: Database) -> None:
    connection = await database.connect()
    try:
        for table in ("tenants", "tracks", "lyrics", "analyses", "api_keys", "events", "passages"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0, table
        await connection.execute("select set_config('app.tenant_id', '', false)")
        assert await connection.fetchval("select count(*) from tenants") == 0
    finally:
        await connection.close()


async def test_a_superuser_is_refused_as_the_service_would_not_be_confined(owner_url: str) -> None:
    class Owning(Database):
        def __init__(self, url: str) -> None:
            super().__init__(url)
            self._settings.pop("role")

    owning = Owning(owner_url)
    with pytest.raises(UnsafeDatabaseRole):
        await owning.open()
    await owning.close()
