"""The hub: one reader of the streams for all subscribers of a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import Any
from uuid import UUID

import structlog

from app.events import history, streams
from app.events.cursors import Cursor, InvalidCursor
from app.events.feeds import Feed, Subscriber
from app.events.streams import StreamEvent, missed
from app.events.tasks import end
from tenancy.database import Database
from tenancy.valkey import Valkey, impatient

__all__ = ["Hub", "InvalidCursor", "StreamEvent"]

log = structlog.get_logger(__name__)

QUEUE_SIZE = 256  # events in memory a subscriber; twice history.PAGE, so that catching up fits
PATIENCE_SECONDS = 1.0  # after which a subscriber with a full queue counts as slow
READ_COUNT = 500
BLOCK_SECONDS = 5.0  # and as often all streams are looked at, for news that were trimmed or not told
BACKOFF_SECONDS = (0.1, 5.0)  # first and longest


class Hub:
    """Subscriptions to the events of any tenants. `start` before use; for the tasks of one event loop.

    Postgres is the truth and Valkey the news: positions have no gaps, so what the stream does not show
    (it was trimmed, or Valkey was away) is noticed and read from Postgres.
    """

    def __init__(
        self,
        database: Database,
        valkey: Valkey,
        *,
        queue_size: int = QUEUE_SIZE,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._valkey = valkey
        self._queue_size = queue_size
        self._patience = patience_seconds
        self._feeds: dict[UUID, Feed] = {}
        self._new: set[Feed] = set()  # whose streams have not been read yet
        self._joined = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Hub:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        self._reader = asyncio.create_task(self._run(), name="The reader of events")

    async def close(self) -> None:
        """Stops reading. Subscriptions get nothing more; close them first."""
        if self._reader is not None:
            await end(self._reader)
            self._reader = None

    @property
    def subscribers(self) -> int:
        """How many subscriptions are open."""
        return sum(len(feed.subscribers) for feed in self._feeds.values())

    def subscribe(self, tenant: UUID, after: str | None = None) -> AsyncGenerator[StreamEvent, None]:
        """The tenant's events behind the cursor `after`, or from now on, in order, each once, endlessly.

        An `EventsMissed` comes first where events behind `after` are kept no more. A subscriber that takes
        nothing while its queue fills up gets one too, and then what it missed, from Postgres.
        Raises InvalidCursor, and while it catches up whatever Postgres raises. Close it with `aclose`.
        """
        return self._follow(tenant, None if after is None else Cursor.parse(after))

    async def _follow(self, tenant: UUID, after: Cursor | None) -> AsyncGenerator[StreamEvent, None]:
        newest = await history.newest(self._database, tenant)
        cursor = after or newest
        feed = self._feeds.get(tenant) or Feed(tenant, newest.position)
        subscriber = Subscriber(self._queue_size, self._patience)
        self._join(feed, subscriber)
        try:
            if cursor.position > newest.position:
                # Only a database that was restored from a backup knows less than its clients.
                cursor = newest
                yield missed(cursor, cursor.at)
            while True:
                subscriber.restart()
                async for event in history.since(self._database, tenant, cursor.position):
                    if event.position > cursor.position + 1:
                        yield missed(Cursor(event.position - 1, event.at), cursor.at)
                    cursor = Cursor(event.position, event.at)
                    yield event
                    if subscriber.taken():
                        yield missed(cursor, cursor.at)
                # If so much happened meanwhile that it is behind, that is read from Postgres too.
                while (news := await subscriber.next()) is not None:
                    if news.position <= cursor.position:
                        continue
                    if news.position > cursor.position + 1:
                        break  # deleted before anybody read it: Postgres shows how much
                    cursor = Cursor(news.position, news.at)
                    yield news
                if subscriber.slow:
                    yield missed(cursor, cursor.at)
        finally:
            self._leave(feed, subscriber)

    def _join(self, feed: Feed, subscriber: Subscriber) -> None:
        feed.subscribers.add(subscriber)
        if feed.tenant not in self._feeds:
            self._feeds[feed.tenant] = feed
            self._new.add(feed)
            self._joined.set()

    def _leave(self, feed: Feed, subscriber: Subscriber) -> None:
        feed.subscribers.discard(subscriber)
        if not feed.subscribers:
            self._feeds.pop(feed.tenant, None)
            self._new.discard(feed)

    async def _run(self) -> None:
        delay, longest = BACKOFF_SECONDS
        failing = False
        while True:
            client = impatient(self._valkey, 2 * BLOCK_SECONDS)
            try:
                # First what happened while nobody read: as long as Valkey is away, this is all there is.
                for feed in list(self._feeds.values()):
                    await self._catch_up(feed)
                at = await streams.newest(client)
                self._new.update(self._feeds.values())
                delay, failing = BACKOFF_SECONDS[0], False
                await self._read(client, at)
            except Exception as error:
                if not failing:
                    log.warning("events_delayed", error=type(error).__qualname__)
                failing = True
            finally:
                await client.aclose()
            await asyncio.sleep(delay)
            delay = min(2 * delay, longest)

    async def _read(self, client: Valkey, at: bytes) -> None:
        """Hands out what happens after the news `at`, until Valkey fails."""
        clock = asyncio.get_running_loop().time
        looked = clock()
        news: asyncio.Future[Any] | None = None
        try:
            while True:
                self._joined.clear()
                if not self._feeds and news is None:
                    await self._joined.wait()
                    at = await streams.newest(client)
                    continue
                # The streams of tenants that have joined may have more than they know.
                feeds, self._new = self._new, set()
                if clock() - looked >= BLOCK_SECONDS:
                    feeds, looked = set(self._feeds.values()), clock()
                await self._take(client, feeds)
                # On a connection of its own, so that whoever joins need not wait for it.
                news = news or asyncio.ensure_future(
                    client.xread({streams.NEWS: at}, count=READ_COUNT, block=int(BLOCK_SECONDS * 1000))
                )
                joined = asyncio.create_task(self._joined.wait())
                try:
                    await asyncio.wait({news, joined}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await end(joined)
                if news.done():
                    reply, news = news.result(), None
                    for _, entries in reply or ():
                        at = entries[-1][0]
                        tenants = {UUID(entry[b"tenant"].decode()) for _, entry in entries}
                        await self._take(client, {self._feeds[each] for each in tenants & self._feeds.keys()})
        finally:
            if news is not None:
                await end(news)

    async def _take(self, client: Valkey, feeds: Collection[Feed]) -> None:
        """Hands out all that the streams of these feeds have."""
        waiting = {feed.tenant: feed for feed in feeds}
        while waiting:
            last = {tenant: feed.last for tenant, feed in waiting.items()}
            found = await streams.after(client, last, READ_COUNT)
            for tenant, events in found.items():
                for event in events:
                    await self._deliver(waiting[tenant], event)
            waiting = {
                tenant: waiting[tenant] for tenant, events in found.items() if len(events) == READ_COUNT
            }

    async def _deliver(self, feed: Feed, event: StreamEvent) -> None:
        if event.position > feed.last + 1:
            await self._catch_up(feed)
        feed.deliver(event)

    async def _catch_up(self, feed: Feed) -> None:
        """Brings the feed to what Postgres knows, by one query for all of its subscribers."""
        events = await history.page(self._database, feed.tenant, feed.last)
        if len(events) < history.PAGE:
            for event in events:
                feed.deliver(event)
        else:
            feed.skip((await history.newest(self._database, feed.tenant)).position)
