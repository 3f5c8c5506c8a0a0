"""The fixtures that the other tests stand on."""

import asyncpg
from redis.asyncio import Redis

from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer


async def test_postgres_fixture_answers(postgres_server: PostgresServer) -> None:
    connection = await asyncpg.connect(await postgres_server.ensure_database("fixture check"))
    try:
        assert await connection.fetchval("SELECT current_database()") == "fixture check"
    finally:
        await connection.close()


async def test_valkey_fixture_answers(valkey_server: ValkeyServer) -> None:
    client = Redis.from_url(valkey_server.url)
    try:
        assert await client.ping()
    finally:
        await client.aclose()


def test_fixtures_serve_synchronous_tests(
    postgres_server: PostgresServer, valkey_server: ValkeyServer
) -> None:
    assert postgres_server.superuser_url.startswith("postgresql://rap_analyzer_owner:")
    assert valkey_server.url.startswith("redis://:")
    assert not postgres_server.attached
