"""Connections as the pool keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.exc import InvalidatePoolError

SET_TENANT = "select set_config('app.tenant_id', $1, false)"


@dataclass(frozen=True, slots=True)
class Usage:
    """Connections in use and the most that there may be, of each pool; tasks that wait for a reader."""

    readers: tuple[int, int]
    writers: tuple[int, int]
    waiting: int


class PinnedConnection:
    """A read-only connection and the tenant whose rows it can see; None before its first use."""

    __slots__ = ("connection", "tenant")

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.tenant: UUID | None = None

    async def pin(self, tenant: UUID) -> None:
        if self.tenant != tenant:
            self.tenant = None  # a failure below must not leave a connection that looks pinned
            await self.connection.execute(SET_TENANT, str(tenant))
            self.tenant = tenant


def refuse_closed(raw: Any, *_: object) -> None:
    """A connection that Postgres has closed is not taken from SQLAlchemy's pool, nor any as old as it.

    asyncpg notices by itself; SQLAlchemy's own ping takes three round trips to find out.
    """
    if raw.driver_connection.is_closed():
        raise InvalidatePoolError


async def read_every_day(connection: asyncpg.Connection) -> None:
    """asyncpg takes the first and the last day that Python knows for infinity, and writes them so."""
    await connection.set_type_codec("date", schema="pg_catalog", encoder=date.isoformat, decoder=day)


def day(text: str) -> date:
    """A date as Postgres writes it; what Python has no date for becomes the nearest that it has."""
    if text in ("infinity", "-infinity"):
        return date.min if text[0] == "-" else date.max
    return date.fromisoformat(text)
