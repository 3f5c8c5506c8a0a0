"""Reads that may be a moment old: on a standby, while it is there and follows closely."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import asyncpg
import structlog

from tenancy.database import Database, UnsafeDatabaseRole

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
WRITTEN = "select (pg_current_wal_lsn() - '0/0')::bigint"
# Where there is no recovery, the address leads to a primary: that one is always up to date.
REPLAYED = """
    select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end
      - '0/0')::bigint"""
FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

Value = TypeVar("Value")


class Replica:
    """Never used unless the last look, by `keep`, found it within `most_seconds` of the primary.

    Whatever fails on it is tried again on the primary. Its login is confined as the primary's is, or it is
    never used.
    """

    def __init__(self, primary: Database, standby: Database, most_seconds: float) -> None:
        self._primary, self._standby, self._most_seconds = primary, standby, most_seconds
        self._written: deque[tuple[float, int]] = deque()  # when the primary was there; not replayed yet
        self._is_checked = False
        self.is_used = False

    async def read(self, statement: Callable[[asyncpg.Connection], Awaitable[Value]]) -> Value:
        """What `statement` gives, which says itself whose rows it may see; it may be called twice."""
        if self.is_used:
            try:
                async with self._standby.unpinned() as connection:
                    return await statement(connection)
            except asyncpg.QueryCanceledError:  # it would take as long on the primary
                raise
            except FAILURES as error:
                if not isinstance(error, asyncpg.PostgresError):
                    self._leave(type(error).__qualname__)
        async with self._primary.unpinned() as connection:
            return await statement(connection)

    async def keep(self) -> None:
        """Looks where both are, every EVERY_SECONDS, endlessly."""
        while True:
            try:
                async with asyncio.timeout(self._most_seconds):
                    seconds = await self.behind()
            except UnsafeDatabaseRole as error:
                log.error("replica_refused", error=str(error))
                return
            except (TimeoutError, *FAILURES) as error:
                self._leave(type(error).__qualname__)
            else:
                if seconds > self._most_seconds:
                    self._leave("behind")
                elif not self.is_used:
                    self.is_used = True
                    log.info("replica_found")
            await asyncio.sleep(EVERY_SECONDS)

    async def behind(self) -> float:
        """For how many seconds something has been written that the standby does not have."""
        if not self._is_checked:
            await self._standby.open()
            self._is_checked = True
        async with self._primary.unpinned() as connection:
            self._written.append((monotonic(), await connection.fetchval(WRITTEN)))
        async with self._standby.unpinned() as connection:
            replayed = await connection.fetchval(REPLAYED)
        while self._written and self._written[0][1] <= replayed:
            self._written.popleft()
        return monotonic() - self._written[0][0] if self._written else 0.0

    async def close(self) -> None:
        await self._standby.close()

    def _leave(self, why: str) -> None:
        if self.is_used:
            self.is_used = False
            log.warning("replica_left", error=why)
