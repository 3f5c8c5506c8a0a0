"""A statement as operators see it in development: nothing in it comes from arguments or rows."""

from __future__ import annotations

from typing import Any

import asyncpg

from api.planner.faults import TOKEN


def shown(text: str) -> str:
    return text.replace(TOKEN, "fault:")


async def explain(connection: asyncpg.Connection, sql: str, parameters: int) -> dict[str, Any]:
    """How Postgres would run it for any values: a plan for these would show them."""
    async with connection.transaction():
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare shown as {sql}")
        try:
            rows = await connection.fetch(f"explain execute shown({', '.join(['null'] * parameters)})")
        finally:
            await connection.execute("deallocate shown")
    return {"explain": [shown(row[0]) for row in rows]}
