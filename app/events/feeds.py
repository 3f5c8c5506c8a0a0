"""One tenant's events on their way from the stream to the subscribers of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from uuid import UUID

from app.events.streams import StreamEvent


class Subscriber:
    """A bounded queue. Once it is full, or `interrupt`ed, it takes nothing more until `restart`.

    It is `slow` when it was full while an event took `patience` seconds to be taken: a burst is no fault of
    the one who gets it.
    """

    __slots__ = ("_clock", "_events", "_limit", "_patience", "_ready", "_since", "behind", "slow")

    def __init__(self, limit: int, patience: float) -> None:
        self._limit = limit
        self._patience = patience
        self._events: deque[StreamEvent] = deque()
        self._ready = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()  # when an event was given last
        self.behind = self.slow = False

    def restart(self) -> None:
        self._events.clear()
        self.behind = self.slow = False

    def offer(self, event: StreamEvent) -> None:
        if self.behind:
            return
        if len(self._events) >= self._limit:
            self.interrupt()
            return
        self._events.append(event)
        self._ready.set()

    def interrupt(self) -> None:
        """Sends the subscriber to Postgres for what comes next."""
        self._events.clear()
        self.behind = True
        self._ready.set()

    def taken(self) -> bool:
        """The event that was given last is taken: whoever took it wants another one. Whether it was slow."""
        now = self._clock()
        slow = self.behind and now - self._since >= self._patience
        self._since = now
        return slow

    async def next(self) -> StreamEvent | None:
        """Waits for the next event; None when the subscriber is behind."""
        self.slow = self.taken()
        while not self._events and not self.behind:
            self._ready.clear()
            await self._ready.wait()
        self._since = self._clock()
        return None if self.behind else self._events.popleft()


class Feed:
    """All events up to the position `last` were offered to the subscribers."""

    def __init__(self, tenant: UUID, last: int) -> None:
        self.tenant = tenant
        self.last = last
        self.subscribers: set[Subscriber] = set()

    def deliver(self, event: StreamEvent) -> None:
        if event.position <= self.last:
            return
        self.last = event.position
        for subscriber in self.subscribers:
            subscriber.offer(event)

    def skip(self, last: int) -> None:
        """Passes by events that are too many to hand around: each subscriber reads them by itself."""
        self.last = last
        for subscriber in self.subscribers:
            subscriber.interrupt()
