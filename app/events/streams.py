"""A tenant's stream in Valkey: its key, its entries, and connections of one's own to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.events.cursors import Cursor

MISSED = "EventsMissed"
NEWS = "rap:events"  # a stream too: whose there is something new in, so that nobody watches thousands
NEWS_LENGTH = 10_000  # entries, about
LAST_SEQUENCE = 2**64 - 1  # the greatest second part of an id


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event as subscribers get it; `payload` is shared by all of them, so nobody changes it.

    `kind` is an `outbox.Kind`, or `EventsMissed` with `{"since": <ISO time>}`: events after `since` may be
    missing up to `cursor`, and the ones that follow are complete again.
    """

    cursor: str
    at: datetime
    kind: str
    payload: Mapping[str, Any]

    @property
    def position(self) -> int:
        return int(self.cursor.partition("-")[0])


def missed(cursor: Cursor, since: datetime) -> StreamEvent:
    """What a subscriber gets where events up to `cursor` can't be shown."""
    return StreamEvent(str(cursor), datetime.now(UTC), MISSED, {"since": since.isoformat()})


def key(tenant: UUID) -> str:
    # The braces keep all keys of a tenant in one slot of a cluster.
    return f"rap:{{{tenant}}}:events"


def fields(kind: str, payload: str, at: datetime) -> dict[Any, Any]:
    """The entry of an event; `payload` is JSON."""
    return {"kind": kind, "payload": payload, "at": at.isoformat()}


def event(id_: bytes, entry: Mapping[bytes, bytes]) -> StreamEvent:
    return StreamEvent(
        id_.decode(),
        datetime.fromisoformat(entry[b"at"].decode()),
        entry[b"kind"].decode(),
        orjson.loads(entry[b"payload"]),
    )


async def announce(valkey: Redis, tenant: UUID) -> None:
    """Says that there is something new in the tenant's stream."""
    await valkey.xadd(NEWS, {"tenant": str(tenant)}, maxlen=NEWS_LENGTH)


async def newest(valkey: Redis) -> bytes:
    """The id of the last of the news."""
    entries: Any = await valkey.xrevrange(NEWS, count=1)
    return entries[0][0] if entries else b"0-0"


def dedicated(valkey: Redis, *, timeout_seconds: float) -> Redis:
    """A client of the same server with connections of its own and no retries; close it with `aclose`.

    Whoever blocks on a stream, or publishes under a lock, has to know at once that the server is gone.
    """
    pool = valkey.connection_pool
    # The other settings belong to that pool: what it has negotiated and who handles its notifications.
    own = ("himport_registry", "maint_notifications_pool_handler", "orig_")
    settings = {name: value for name, value in pool.connection_kwargs.items() if not name.startswith(own)}
    settings |= {
        "decode_responses": False,
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis.from_pool(ConnectionPool(pool.connection_class, **settings))
