"""How long trends take, and how that grows: python -m bench.trends [--tracks 57718] [--write].

Each question is asked of a tenant with a quarter of the tracks and of one with all of them. The aim is less
than 10 ms and a ratio of at most 1.3 for what the rollups answer. The last line adds up the whole tenant
anew, as a service without rollups would for each question.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from uuid import UUID

import asyncpg
import uvloop

from app.catalog.filters import TrackFilter
from app.provision import create_tenant
from app.trends.counts import Question, looked_at
from app.trends.metrics import Metric
from app.trends.periods import Granularity
from app.trends.service import TrendService
from bench import results
from bench.reading.catalogue import ARTISTS, TRACKS, TRACKS_AN_ARTIST
from bench.reading.database import servers
from tenancy.database import Database
from tenancy.models import Plan
from tenancy.sql import Params

TIMES = 40
HEAD = ["question", "tracks", "p50 ms", "p95 ms", "to tracks", "p50 ms", "p95 ms", "ratio"]
# Eight themes, three feelings, and four figures of analyses, each track its own.
PROFILES = """update tracks set profile = jsonb_build_object('analyzers', '["themes", "emotion"]'::jsonb,
    'sentiment', (array['POSITIVE', 'NEGATIVE', 'MIXED'])[1 + get_byte(fingerprint, 0) % 3],
    'themes', jsonb_build_array(
        jsonb_build_object('name', 'theme-' || get_byte(fingerprint, 1) % 8),
        jsonb_build_object('name', 'theme-' || get_byte(fingerprint, 2) % 8)))
    where tenant_id = $1"""
ANALYSES = """insert into analyses (tenant_id, track_id, analyzer, status, details, input_hash,
        analyzer_version, duration_ms)
    select $1, t.id, name, 'COMPLETED', jsonb_build_object('density', get_byte(fingerprint, 3) / 256.0,
        'mtld', get_byte(fingerprint, 4), 'explicit', get_byte(fingerprint, 5) > 128, 'emotions', (
            select jsonb_agg(
                jsonb_build_object('name', 'emotion-' || n, 'value', get_byte(fingerprint, n) / 256.0))
            from generate_series(6, 13) n)), 'x', '1', 1
    from tracks t, unnest(array['rhyme', 'vocabulary', 'content', 'emotion']) name where t.tenant_id = $1"""


def day(text: str) -> date:
    return date.fromisoformat(text)


async def evolutions(service: TrendService, tenant: UUID) -> object:
    async with service._database.reading(tenant) as connection:
        rows = await connection.fetch(
            "select id from artists where tenant_id = $1 order by id limit 20", tenant
        )
    return await service.evolutions(tenant, [row["id"] for row in rows], Metric.THEME)


Asked = Callable[[TrendService, UUID], Awaitable[object]]
QUESTIONS: dict[str, Asked] = {
    **{f"{metric.name} by year": partial(TrendService.trends, metric=metric) for metric in Metric},
    "THEME by month": lambda s, t: s.trends(t, Metric.THEME, Granularity.MONTH),
    "THEME by year, between two days": lambda s, t: s.trends(
        t, Metric.THEME, first_day=day("1995-03-15"), last_day=day("2015-10-20")
    ),
    "THEME by year, one language": lambda s, t: s.trends(
        t, Metric.THEME, filter=TrackFilter(languages=["ru"])
    ),
    "THEME by year, one title word": lambda s, t: s.trends(
        t, Metric.THEME, filter=TrackFilter(title_contains="1")
    ),
    "evolution of 20 artists": evolutions,
}


async def fill(owner: asyncpg.Connection, database: Database, tracks: int) -> UUID:
    tenant = await create_tenant(database, f"trends-{tracks}", "Trends", Plan.DEMO)
    await owner.execute(ARTISTS, tenant, tracks // TRACKS_AN_ARTIST + 1)
    await owner.execute(TRACKS, tenant, tracks, TRACKS_AN_ARTIST)
    await owner.execute(ANALYSES, tenant)
    await owner.execute(PROFILES, tenant)
    return tenant


async def measured(ask: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """p50 and p95 in ms, of the service: SQL, series and slopes."""
    took: list[float] = []
    for _ in range(TIMES):
        before = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - before) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


async def anew(database: Database, tenant: UUID) -> object:
    params = Params(tenant)
    sql = looked_at(Question(Metric.THEME, Granularity.YEAR), params)
    async with database.reading(tenant) as connection:
        return await connection.fetch(sql, *params.values)


async def main(tracks: int, write: bool) -> None:
    async with servers() as of:
        sizes = (tracks // 4, tracks)
        tenants = [await fill(of.owner, of.database, size) for size in sizes]
        await of.owner.execute("vacuum analyze")
        service = TrendService(of.database)
        rows: list[list[str]] = []
        asked = dict(QUESTIONS)
        asked["THEME by year, every track anew"] = lambda _, tenant: anew(of.database, tenant)
        for what, ask in asked.items():
            (small, small95), (large, large95) = [
                await measured(lambda ask=ask, tenant=tenant: ask(service, tenant)) for tenant in tenants
            ]
            rows.append(
                [what, f"{sizes[0]:,}", f"{small:.1f}", f"{small95:.1f}", f"{sizes[1]:,}", f"{large:.1f}",
                 f"{large95:.1f}", f"{large / small:.2f}"]
            )  # fmt: skip
            print(*rows[-1], sep="  ")
        if write:
            results.write("Trends", f"`python -m bench.trends --tracks {tracks}`", results.table(HEAD, rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=57_718)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    uvloop.run(main(arguments.tracks, arguments.write))
