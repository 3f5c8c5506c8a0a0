"""The only way to a connection: confined to one tenant before the first row can be read.

Reads run on a small pool of read-only connections that stay pinned to the tenant they last served,
so that the next statement of that tenant costs no extra round trip. Writes use a transaction whose
tenant ends with it. Without a tenant, row-level security shows no rows at all.

Behind a PgBouncer that pools transactions nothing may outlive one: there, reads too are transactions that
say who they act as and for whom, at the cost of two more round trips.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from tenancy.away import is_away
from tenancy.connections import Usage, read_every_day, refuse_closed
from tenancy.readers import Borrowing, Readers
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
        self._writers = writers
        self._readers = Readers(self.connect, readers, self._begin if pooled else None)
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
        await self._readers.close()
        while self._writing:
            await self._writing.pop().close()
        await self._engine.dispose()

    def usage(self) -> Usage:
        """Of this moment."""
        writing: int = self._engine.pool.checkedout()  # type: ignore[attr-defined]  # a QueuePool's
        return Usage(self._readers.usage, (writing, self._writers), self._readers.waiting)

    def reading(self, tenant: UUID) -> Borrowing:
        """A read-only connection that sees the rows of `tenant`; `json` values arrive as bytes."""
        return Borrowing(self._readers, tenant)

    def unpinned(self) -> Borrowing:
        """A read-only connection for what needs no tenant, or says by itself for whom it asks: functions of
        the gate (see `tenancy.rls`), and planned statements. Others see no rows, or the last tenant's."""
        return Borrowing(self._readers, None)

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
            except Exception as error:
                if not connection.is_closed() and not is_away(error):
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


async def driver_of(session: AsyncSession) -> Any:
    """The asyncpg connection under a session, for libraries that enqueue or copy in its transaction."""
    raw = await (await session.connection()).get_raw_connection()
    return raw.driver_connection
