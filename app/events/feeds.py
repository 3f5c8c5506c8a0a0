"""One tenant's events on their way from the stream to the subscribers of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from uuid import UUID

from app.events.streams import StreamEvent


class Subscriber:
    """A bounded queue. Once it is full, or `interrupt`ed, it takes nothing more until `restart`.

    `slow` says that it became full while nobody took anything for `patience` seconds: a burst is no fault
    of the one who gets it.
    """

    __slots__ = ("_clock", "_events", "_limit", "_patience", "_ready", "_since", "behind", "slow")

    def __init__(self, limit: int, patience: float) -> None:
        self._limit = limit
        self._patience = patience
        self._events: deque[StreamEvent] = deque()
        self._ready = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._since = 0.0  # when the oldest event came to the head of the queue
        self.behind = self.slow = False

    def restart(self) -> None:
        self._events.clear()
        self.behind = self.slow = False

    def offer(self, event: StreamEvent) -> None:
        if self.behind:
            return
        if not self._events:
            self._since = self._clock()
        if len(self._events) >= self._limit:
            self.slow = self._clock() - self._since >= self._patience
            self.interrupt()
            return
        self._events.append(event)
        self._ready.set()

    def interrupt(self) -> None:
        """Sends the subscriber to Postgres for what comes next."""
        self._events.clear()
        self.behind = True
        self._ready.set()

    async def next(self) -> StreamEvent | None:
        """Waits for the next event; None when the subscriber is behind."""
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
