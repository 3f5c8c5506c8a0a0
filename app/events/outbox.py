"""Recording events in the transaction that causes them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import driver_of
from tenancy.sql import to_json

CHANNEL = "rap_analyzer_events"

# Ids are given in the order of the rows. The notification wakes the relay when the transaction commits.
RECORD = """
    with recorded as (
      insert into events (tenant_id, kind, payload)
      select $1, kind, payload from unnest($2::text[], $3::jsonb[]) with ordinality as e (kind, payload, n)
      order by n)
    select pg_notify($4, $1::uuid::text)"""


class Kind(StrEnum):
    """What happened; the value is the name of the event's GraphQL type."""

    ANALYSIS_COMPLETED = "AnalysisCompleted"  # {"analysis", "track", "run"}
    ANALYSIS_FAILED = "AnalysisFailed"  # {"track", "analyzer", "reason", "run"}
    RUN_PROGRESSED = "RunProgressed"  # {"run"}
    RUN_FINISHED = "RunFinished"  # {"run"}
    # Recorded by the trigger that counts trends (migration 0008).
    TRENDS_CHANGED = "TrendsChanged"  # {"changes": [{"metric", "from", "to"}, …]}


async def record(session: AsyncSession, tenant: UUID, events: Sequence[tuple[Kind, dict[str, Any]]]) -> None:
    """Stores events, in order, and wakes the relay when the transaction commits."""
    if not events:
        return
    kinds = [kind.value for kind, _ in events]
    payloads = [to_json(payload).decode() for _, payload in events]
    await (await driver_of(session)).execute(RECORD, tenant, kinds, payloads, CHANNEL)
