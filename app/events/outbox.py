"""Recording events in the transaction that causes them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.models import Event
from tenancy.sql import to_json

CHANNEL = "rap_analyzer_events"


class Kind(StrEnum):
    """What happened; the value is the name of the event's GraphQL type."""

    ANALYSIS_COMPLETED = "AnalysisCompleted"  # {"analysis", "track", "run"}
    ANALYSIS_FAILED = "AnalysisFailed"  # {"track", "analyzer", "reason", "run"}
    RUN_PROGRESSED = "RunProgressed"  # {"run"}
    RUN_FINISHED = "RunFinished"  # {"run"}


async def record(session: AsyncSession, tenant: UUID, events: Sequence[tuple[Kind, dict[str, Any]]]) -> None:
    """Stores events, in order, and wakes the relay when the transaction commits."""
    if not events:
        return
    rows = [
        {"tenant_id": tenant, "kind": kind.value, "payload": orjson.loads(to_json(payload))}
        for kind, payload in events
    ]
    await session.execute(insert(Event), rows)
    await session.execute(
        text("select pg_notify(:channel, :tenant)"), {"channel": CHANNEL, "tenant": str(tenant)}
    )
