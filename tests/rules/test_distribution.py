"""Citus could split the tables by tenant: every key carries it, and every planned statement names it."""

from __future__ import annotations

import re
from typing import Any

import asyncpg
import pytest

from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.api.documents import BY_ID, EVERYTHING, FILTERED, SEARCHES, TRENDS
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.rules.test_tenant_tables import EXCEPTIONS
from tests.service import serving

# What is looked up before anybody knows the tenant. Each value is random, or chosen once for all tenants.
BEFORE_THE_TENANT = {
    "pk_tenants": "the tenant itself",
    "uq_tenants_slug": "which tenant has this slug",
    "uq_api_keys_key_id": "whose key is this",
    "uq_sessions_token_hash": "whose session is this",
}
# Where tables are split by tenant, `tenants` is copied to every node and these stay whole (docs/scaling.md).
WHOLE = {"api_keys", "members", "sign_in_domains", "sessions"}
REFERRING = """
    select conrelid::regclass::text as relation, confrelid::regclass::text as referred
    from pg_constraint where contype = 'f'"""
UNIQUE = """
    select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as relation,
      array(select attname::text from pg_attribute
            where attrelid = i.indrelid and attnum = any(i.indkey)) as columns
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'public'::regnamespace and (i.indisunique or i.indisexclusion)"""


async def test_every_unique_key_carries_the_tenant(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    rows = [row for row in await connection.fetch(UNIQUE) if row["relation"] not in EXCEPTIONS]
    await connection.close()
    assert len(rows) > 20
    without = {row["name"] for row in rows if "tenant_id" not in row["columns"]}
    assert without == set(BEFORE_THE_TENANT)
    assert {row["relation"] for row in rows if row["name"] in BEFORE_THE_TENANT} <= WHOLE | {"tenants"}


async def test_what_is_split_refers_to_nothing_that_stays_whole(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    rows = await connection.fetch(REFERRING)
    await connection.close()
    referring = {(row["relation"], row["referred"]) for row in rows}
    assert ("sessions", "members") in referring
    crossing = {
        pair for pair in referring if pair[1] != "tenants" and (pair[0] in WHOLE) != (pair[1] in WHOLE)
    }
    assert crossing == set()


READ = re.compile(r"\b(?:from|join)\s+([a-z_]+)(?:\s+(?:as\s+)?([a-z_][a-z0-9_]*))?", re.IGNORECASE)
WORDS = {"where", "on", "join", "left", "cross", "order", "limit", "group", "union", "lateral", "using"}


def unbound(sql: str, tables: set[str]) -> set[str]:
    """Tables that the statement reads without saying whose rows."""
    found = set()
    for table, alias in READ.findall(sql):
        if table not in tables:
            continue
        column = "id" if table == "tenants" else "tenant_id"
        named = alias and alias.lower() not in WORDS
        # An alias has to stand before the column: another table's tenant is not this one's.
        wanted = rf"\b{alias}\.{column}\b" if named else rf"(?<![\w.])({table}\.)?{column}\b"
        if not re.search(wanted, sql):
            found.add(f"{table} {alias}")
    return found


async def test_every_planned_statement_names_the_tenant(
    database_url: str, valkey_server: ValkeyServer, database: Database, owner_url: str
) -> None:
    connection = await asyncpg.connect(owner_url)
    names = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    tables = {row[0] for row in names} - EXCEPTIONS
    tenant = await new_tenant(database)
    await add_tracks(database, tenant, [song()])
    key = await new_key(database, tenant)
    options: dict[str, Any] = {"show_plans": "sql", "environment": "development"}
    async with serving(database_url, valkey_server.url, worker=False, **options) as service:
        tracks = await service.data(key, "{ tracks(first: 1) { nodes { id } } }")
        id_ = tracks["tracks"]["nodes"][0]["id"]
        asked = [(EVERYTHING, {}), (BY_ID, {"id": id_}), (FILTERED, {"id": id_}), (SEARCHES, {"q": "song"})]
        statements = []
        for text, variables in [*asked, (TRENDS, {})]:
            answer = (await service.post(key, text, variables)).json()
            assert "errors" not in answer, answer["errors"]
            statements += [plan["sql"] for plan in answer["extensions"]["plan"]]
    assert len(statements) >= 10
    read = {table for sql in statements for table, _ in READ.findall(sql)} & tables
    assert {"tracks", "artists", "analyses", "runs", "members", "api_keys"} <= read
    for sql in statements:
        assert unbound(sql, tables) == set(), sql
        of_sql = {table for table, _ in READ.findall(sql)} & tables
        # What a tenant's own page shows comes from both; nothing else does.
        assert of_sql & WHOLE == set() or of_sql <= WHOLE or "tenants" in of_sql, sql


@pytest.mark.parametrize(
    "sql",
    [
        "select * from tracks t where t.id = $1",
        "select * from tracks",
        "select 1 from tracks t join artists a on a.id = t.artist_id where t.tenant_id = $1",
    ],
)
def test_a_statement_that_does_not_would_be_noticed(sql: str) -> None:
    assert unbound(sql, {"tracks", "artists"})
