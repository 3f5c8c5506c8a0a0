"""The only way to a connection: confined to one tenant before the first row can be read.

Reads run on a small pool of read-only connections that stay pinned to the tenant they last served,
so that the next statement of that tenant costs no extra round trip. Writes use a transaction whose
tenant ends with it. Without a tenant, row-level security shows no rows at all.

Behind a PgBouncer that pools transactions nothing may outlive one: there, reads too are transactions that
say who they act as and for whom, at the cost of two more round trips.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from tenancy.connections import PinnedConnection, Usage, read_every_day, refuse_closed
from tenancy.rls import APP_ROLE


class UnsafeDatabaseRole(Exception):
    """The database login can read past row-level security. Connect as a role that acts as
    rap_analyzer_app: neither superuser, nor BYPASSRLS, nor owner of the tables."""


class Database:
    """Reads and writes of one process. `open` before use; safe for concurrent tasks, not for threads."""

    def __init__(
        self,
        url: str,
        *,
        readers: int = 8,
        writers: int = 8,
        statement_timeout_ms: int = 10_000,
        pooled: bool = False,
    ) -> None:
        """`pooled` says that the URL is that of a PgBouncer (1.24 or newer) which pools transactions."""
        self.url = url
        self._pooled = pooled
        # What PgBouncer keeps for each client, and what it refuses as a startup parameter.
        self._settings = {"timezone": "UTC", "application_name": "rap-analyzer"}
        own = {"role": APP_ROLE, "statement_timeout": str(statement_timeout_ms)}
        if not pooled:
            self._settings |= own
        # What a transaction says first.
        others = "".join(f", set_config('{name}', '{value}', true)" for name, value in own.items() if pooled)
        self._begin = "select set_config('app.tenant_id', {}, true)" + others
        self._limit, self._writers = readers, writers
        self._readers = asyncio.Semaphore(readers)
        self._asked = self._busy = 0  # tasks that wait for a reader or have one; those that have one
        self._idle: list[PinnedConnection] = []  # least recently used first
        self._writing: list[asyncpg.Connection] = []  # that nobody writes with
        self._engine: AsyncEngine = create_async_engine(
            urlunsplit(urlsplit(url)._replace(scheme="postgresql+asyncpg")),
            pool_size=writers,
            max_overflow=0,
            connect_args={"server_settings": self._settings},
        )
        event.listen(self._engine.sync_engine, "connect", lambda raw, _: raw.run_async(read_every_day))
        event.listen(self._engine.sync_engine, "checkout", refuse_closed)

    async def open(self) -> None:
        """Raises UnsafeDatabaseRole where the login would make the policies void."""
        async with self.unpinned() as connection:
            unsafe = await connection.fetchval(
                "select rolsuper or rolbypassrls or exists (select from pg_class where relowner = r.oid)"
                " from pg_roles r where rolname = current_user"
            )
        if unsafe:
            raise UnsafeDatabaseRole

    async def close(self) -> None:
        for pinned in self._idle:
            await pinned.connection.close()
        self._idle.clear()
        while self._writing:
            await self._writing.pop().close()
        await self._engine.dispose()

    def usage(self) -> Usage:
        """Of this moment."""
        writing: int = self._engine.pool.checkedout()  # type: ignore[attr-defined]  # a QueuePool's
        return Usage((self._busy, self._limit), (writing, self._writers), self._asked - self._busy)

    def reading(self, tenant: UUID) -> Borrowing:
        """A read-only connection that sees the rows of `tenant`; `json` values arrive as bytes."""
        return Borrowing(self, tenant)

    def unpinned(self) -> Borrowing:
        """A connection for the gate's functions (see `tenancy.rls`), which answer without a tenant."""
        return Borrowing(self, None)

    @asynccontextmanager
    async def transaction(self, tenant: UUID) -> AsyncIterator[AsyncSession]:
        """A session that writes for `tenant`: leaving the block commits, an exception rolls back."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            await session.execute(text(self._begin.format(":tenant")), {"tenant": str(tenant)})
            yield session

    @asynccontextmanager
    async def writing(self, tenant: UUID) -> AsyncIterator[asyncpg.Connection]:
        """A `transaction` without SQLAlchemy, whose part is most of what one costs: for what runs very often.

        There are as many of these connections as there were tasks inside at once, so bound those.
        """
        connection = None
        while self._writing and (connection is None or connection.is_closed()):
            connection = self._writing.pop()
        if connection is None or connection.is_closed():
            connection = await self.connect(read_only=False)
        ended = False
        try:
            begin = self._begin.format(f"'{tenant}'")
            await connection.execute(f"begin; {begin}")
            try:
                yield connection
            except Exception:
                if not connection.is_closed():
                    await connection.execute("rollback")
                    ended = True
                raise
            await connection.execute("commit")
            ended = True
        finally:
            if ended:
                self._writing.append(connection)
            else:  # cancelled or lost, and perhaps in the middle of a statement
                connection.terminate()

    async def connect(self, *, read_only: bool = True, **settings: str) -> asyncpg.Connection:
        """A connection of the application's role outside the pool, such as one that listens."""
        modes = {"default_transaction_read_only": "on"} if read_only and not self._pooled else {}
        connection = await asyncpg.connect(
            self.url,
            server_settings=self._settings | modes | settings,
            statement_cache_size=500,
        )
        await connection.set_type_codec(
            "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
        )
        await read_every_day(connection)
        return connection

    async def _borrow(self, tenant: UUID | None) -> PinnedConnection:
        """One that is pinned to `tenant` already, if there is one; waits while all are in use."""
        self._asked += 1
        try:
            await self._readers.acquire()
        except BaseException:
            self._asked -= 1
            raise
        pinned = self._take(tenant)
        self._busy += 1
        try:
            pinned = pinned or PinnedConnection(await self.connect())
            if self._pooled:
                begin = self._begin.format(f"'{tenant or ''}'")
                await pinned.connection.execute(f"begin read only; {begin}")
            elif tenant is not None:
                await pinned.pin(tenant)
        except BaseException:
            if pinned is not None and self._pooled:
                pinned.connection.terminate()  # it may be inside a transaction
            self._give_back(pinned)
            raise
        return pinned

    async def _end(self, pinned: PinnedConnection, word: str) -> None:
        """Ends a read; behind a PgBouncer by this word."""
        try:
            if self._pooled and not pinned.connection.is_closed():
                await pinned.connection.execute(word)
        finally:
            self._give_back(pinned)

    def _give_back(self, pinned: PinnedConnection | None) -> None:
        self._asked -= 1
        self._busy -= 1
        if pinned is not None and not pinned.connection.is_closed():
            self._idle.append(pinned)
        self._readers.release()

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

    __slots__ = ("_database", "_pinned", "_tenant")

    def __init__(self, database: Database, tenant: UUID | None) -> None:
        self._database, self._tenant = database, tenant

    async def __aenter__(self) -> asyncpg.Connection:
        self._pinned = await self._database._borrow(self._tenant)
        return self._pinned.connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self._database._end(self._pinned, "commit" if kind is None else "rollback")


async def driver_of(session: AsyncSession) -> Any:
    """The asyncpg connection under a session, for libraries that enqueue or copy in its transaction."""
    raw = await (await session.connection()).get_raw_connection()
    return raw.driver_connection
