"""Whether this processor runs pgvector's code, which is built for x86-64-v3."""

import os
from pathlib import Path

import asyncpg

from app.embedded.postgres_server import CONNECT_SECONDS, PostgresServer

FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

_QUERY = """
    CREATE SCHEMA hnsw_check;
    CREATE EXTENSION vector SCHEMA hnsw_check;
    SET LOCAL search_path = hnsw_check;
    CREATE TABLE points (at vector(16));
    INSERT INTO points SELECT array_fill(n::real, ARRAY[16])::vector FROM generate_series(1, 64) AS n;
    CREATE INDEX ON points USING hnsw (at vector_l2_ops);
    SET LOCAL enable_seqscan = off;
    SELECT at FROM points ORDER BY at <-> array_fill(7::real, ARRAY[16])::vector LIMIT 1;
"""


async def check(server: PostgresServer) -> None:
    """Build and ask a small HNSW index in a transaction that is rolled back; leaves nothing.

    Raises one of FAILURES; the connection is lost when the processor refuses an instruction.
    """
    connection = await server.connect()
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(_QUERY)
        await transaction.rollback()
    finally:
        await connection.close(timeout=CONNECT_SECONDS)


def processor() -> str:
    """The processor's model name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return os.uname().machine
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else os.uname().machine
