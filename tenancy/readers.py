"""The pool of read-only connections, each pinned to the tenant that it last served."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

from tenancy.away import is_away
from tenancy.connections import PinnedConnection


class Readers:
    """At most `limit` connections, made as they are needed. `begin` is what a transaction says first where
    each read is one, as behind a PgBouncer; None where connections stay pinned."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], limit: int, begin: str | None
    ) -> None:
        self._connect, self._limit, self._begin = connect, limit, begin
        self._free = asyncio.Semaphore(limit)
        self._asked = self._busy = 0  # tasks that wait for a connection or have one; those that have one
        self._idle: list[PinnedConnection] = []  # least recently used first

    async def close(self) -> None:
        for pinned in self._idle:
            await pinned.connection.close()
        self._idle.clear()

    @property
    def usage(self) -> tuple[int, int]:
        """Connections in use, and the most that there may be."""
        return self._busy, self._limit

    @property
    def waiting(self) -> int:
        return self._asked - self._busy

    async def borrow(self, tenant: UUID | None) -> PinnedConnection:
        """One that is pinned to `tenant` already, if there is one; waits while all are in use."""
        self._asked += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._asked -= 1
            raise
        pinned = self._take(tenant)
        self._busy += 1
        try:
            pinned = pinned or PinnedConnection(await self._connect())
            if self._begin is not None:
                begin = self._begin.format(f"'{tenant or ''}'")
                await pinned.connection.execute(f"begin read only; {begin}")
            elif tenant is not None:
                await pinned.pin(tenant)
        except BaseException:
            if pinned is not None:
                pinned.connection.terminate()  # it may be inside a transaction, or lost and not know it
            self._give_back(pinned)
            raise
        return pinned

    async def end(self, pinned: PinnedConnection, error: BaseException | None) -> None:
        """Ends a read, and a connection that was lost with it."""
        try:
            if is_away(error):
                pinned.connection.terminate()
            elif self._begin is not None and not pinned.connection.is_closed():
                await pinned.connection.execute("commit" if error is None else "rollback")
        finally:
            self._give_back(pinned)

    def _give_back(self, pinned: PinnedConnection | None) -> None:
        self._asked -= 1
        self._busy -= 1
        if pinned is not None and not pinned.connection.is_closed():
            self._idle.append(pinned)
        self._free.release()

    def _take(self, tenant: UUID | None) -> PinnedConnection | None:
        self._idle = [pinned for pinned in self._idle if not pinned.connection.is_closed()]
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index].tenant == tenant:
                return self._idle.pop(index)
        # Tenants may be many more than connections: one that is pinned elsewhere is pinned anew, once there
        # is no room for another.
        full = self._busy + len(self._idle) >= self._limit
        return self._idle.pop(0) if full else None


class Borrowing:
    """`async with`: a connection from the pool. Every read goes through here, so it is no generator."""

    __slots__ = ("_pinned", "_readers", "_tenant")

    def __init__(self, readers: Readers, tenant: UUID | None) -> None:
        self._readers, self._tenant = readers, tenant

    async def __aenter__(self) -> asyncpg.Connection:
        self._pinned = await self._readers.borrow(self._tenant)
        return self._pinned.connection

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        await self._readers.end(self._pinned, error)
