"""A tenant's stream in Valkey: its key, its entries, and connections of one's own to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from app.events.cursors import Cursor
from tenancy.cluster import Cluster
from tenancy.valkey import Valkey

MISSED = "EventsMissed"
NEWS = "rap:events"  # a stream too: whose there is something new in, so that nobody watches thousands
NEWS_LENGTH = 10_000  # entries, about
STREAM_LENGTH = 10_000  # of a tenant, about; what was trimmed is read from Postgres
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


def adding(tenant: UUID, cursor: Cursor, kind: str, payload: str, at: datetime) -> tuple[str, ...]:
    """The command that appends an event; `payload` is JSON."""
    entry = "kind", kind, "payload", payload, "at", at.isoformat()
    return "XADD", key(tenant), "MAXLEN", "~", str(STREAM_LENGTH), str(cursor), *entry


def event(id_: bytes, entry: Mapping[bytes, bytes]) -> StreamEvent:
    return StreamEvent(
        id_.decode(),
        datetime.fromisoformat(entry[b"at"].decode()),
        entry[b"kind"].decode(),
        orjson.loads(entry[b"payload"]),
    )


async def announce(valkey: Valkey, tenant: UUID) -> None:
    """Says that there is something new in the tenant's stream."""
    await valkey.xadd(NEWS, {"tenant": str(tenant)}, maxlen=NEWS_LENGTH)


async def newest(valkey: Valkey) -> bytes:
    """The id of the last of the news."""
    entries: Any = await valkey.xrevrange(NEWS, count=1)
    return entries[0][0] if entries else b"0-0"


async def after(valkey: Valkey, last: Mapping[UUID, int], count: int) -> dict[UUID, list[StreamEvent]]:
    """Of each tenant's stream up to `count` events behind the position; none is waited for."""
    tenants = {key(tenant).encode(): tenant for tenant in last}
    behind: dict[Any, Any] = {at: f"{last[tenant]}-{LAST_SEQUENCE}" for at, tenant in tenants.items()}
    if isinstance(valkey, Cluster):
        # One XREAD can't have keys of several slots.
        async with valkey.pipeline(transaction=False) as pipeline:
            for at, id_ in behind.items():
                pipeline.xrange(at, min=f"({id_}", count=count)
            reply: Any = zip(tenants, await pipeline.execute(), strict=True)
    else:
        reply = await valkey.xread(behind, count=count)
    return {tenants[at]: [event(*entry) for entry in entries] for at, entries in reply or ()}
