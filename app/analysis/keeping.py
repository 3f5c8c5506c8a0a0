"""Storing what analyzers have found: analyses, the profiles that follow from them, and their events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import stored
from app.analysis.models import Analysis
from app.analysis.profile import Profile
from app.analysis.results import Result, Status
from app.events.outbox import Kind, record
from tenancy.database import driver_of
from tenancy.sql import to_json

# The version is the one that the tenant's registry has.
INSERT = """
    insert into analyses (tenant_id, track_id, run_id, analyzer, analyzer_version, duration_ms, status,
      sentiment, themes, scores, labels, evidence, details, error,
      input_hash, model, prompt_hash, tokens_in, tokens_out, cost_usd, cached, shared)
    select $1, r.track_id, $2, r.analyzer, a.version, r.duration_ms, r.status,
      r.sentiment, r.themes, r.scores, r.labels, r.evidence, r.details, r.error,
      r.input_hash, r.model, r.prompt_hash, r.tokens_in, r.tokens_out, r.cost_usd, r.cached, r.shared
    from jsonb_to_recordset($3::jsonb) as r (n int, track_id uuid, analyzer text, duration_ms int,
      status text, sentiment text, themes text[], scores jsonb, labels jsonb, evidence jsonb, details jsonb,
      error text, input_hash text, model text, prompt_hash text, tokens_in int, tokens_out int,
      cost_usd double precision, cached boolean, shared boolean)
    join analyzers a on a.tenant_id = $1 and a.name = r.analyzer
    join tracks t on t.tenant_id = $1 and t.id = r.track_id
    order by r.n for key share of t
    on conflict (tenant_id, run_id, track_id, analyzer) do nothing
    returning id, track_id, analyzer, status, error"""
# A track of which nothing is known has no profile at all. Locked in order: two runs over the same tracks
# wait for each other, and never both ways.
PROFILES = """
    with given as (select id, profile from jsonb_to_recordset($2::jsonb) as r (id uuid, profile jsonb)),
    locked as materialized (
      select t.id from tracks t
      where t.tenant_id = $1 and t.id in (select id from given) order by t.id for no key update)
    update tracks t set profile = nullif(given.profile, 'null'), updated_at = now()
    from locked join given using (id) where t.tenant_id = $1 and t.id = locked.id"""


@dataclass(frozen=True, slots=True)
class Found:
    """What analyzers say of one track; `text` is what they were given."""

    track: UUID
    text: str
    results: Mapping[str, Result]
    durations_ms: Mapping[str, int]


# Told of what was committed.
Report = Callable[[Sequence[Found]], None]


def unreported(_: Sequence[Found]) -> None:
    """Nobody is told."""


async def keep(session: AsyncSession, tenant: UUID, run: UUID, found: Sequence[Found]) -> None:
    """Stores analyses, with an event for each; one that is there already, or whose track is gone, is left."""
    rows = [
        {
            "track_id": each.track,
            "analyzer": name,
            "duration_ms": each.durations_ms[name],
            **stored.provenance(result, each.text),
            **stored.parts(result),
        }
        for each in found
        for name, result in each.results.items()
    ]
    if not rows:
        return
    json = to_json([{"n": n, **row} for n, row in enumerate(rows)]).decode()
    driver = await driver_of(session)
    events: list[tuple[Kind, dict[str, Any]]] = []
    for new in await driver.fetch(INSERT, tenant, run, json):
        about = {"track": new["track_id"], "run": run, "analysis": new["id"]}
        if new["status"] == Status.FAILED:
            failure = about | {"analyzer": new["analyzer"], "reason": new["error"]}
            events.append((Kind.ANALYSIS_FAILED, failure))
        else:
            events.append((Kind.ANALYSIS_COMPLETED, about))
    await record(session, tenant, events)


async def keep_profiles(session: AsyncSession, tenant: UUID, found: Sequence[Found]) -> None:
    """What is known of each track now, by these results and by the newest of all other analyzers."""
    found = [each for each in found if each.results]
    if not found:
        return
    older = await newest_of_others(session, tenant, found)
    profiles = [
        {
            "id": each.track,
            "profile": stored.profile(Profile.of(older.get(each.track, {}) | dict(each.results))),
        }
        for each in found
    ]
    await (await driver_of(session)).execute(PROFILES, tenant, to_json(profiles).decode())


async def newest_of_others(
    session: AsyncSession, tenant: UUID, found: Sequence[Found]
) -> dict[UUID, dict[str, Result]]:
    """What analyzers other than these had completed before, by track, so that profiles stay whole."""
    ran = {name for each in found for name in each.results}
    rows = await session.scalars(
        select(Analysis)
        .ext(distinct_on(Analysis.track_id, Analysis.analyzer))
        .where(
            Analysis.tenant_id == tenant,
            Analysis.track_id.in_([each.track for each in found]),
            Analysis.analyzer.not_in(ran),
            Analysis.status == Status.COMPLETED.value,
        )
        .order_by(Analysis.track_id, Analysis.analyzer, Analysis.created_at.desc())
    )
    others: dict[UUID, dict[str, Result]] = {}
    for row in rows:
        others.setdefault(row.track_id, {})[row.analyzer] = stored.result(row)
    return others
