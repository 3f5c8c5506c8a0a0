"""Counts kept by increments are those of plain Python and of a rebuild, whatever is written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text, update

from app.analysis.models import Analysis
from app.catalog import tracks
from app.catalog.models import Track
from app.trends.rebuild import rebuild
from tenancy.database import Database
from tests import trend_reference
from tests.builders import add_tracks, new_tenant, song

DAYS = st.sampled_from([None, *(date(y, m, d) for y in (1999, 2000) for m in (1, 6, 12) for d in (1, 30))])
NAMES = st.sampled_from(["street", "faith", "loss"])
VALUES = st.integers(0, 1_000).map(lambda n: n / 997)
DETAILS = st.one_of(
    st.tuples(st.just("content"), st.fixed_dictionaries({"explicit": st.booleans()})),
    st.tuples(st.just("rhyme"), st.fixed_dictionaries({"density": VALUES})),
    st.tuples(st.just("vocabulary"), st.fixed_dictionaries({"mtld": st.one_of(st.none(), VALUES)})),
    st.tuples(
        st.just("emotion"),
        st.dictionaries(NAMES, VALUES).map(
            lambda found: {"emotions": [{"name": n, "value": v} for n, v in found.items()]}
        ),
    ),
)
PROFILES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "sentiment": st.sampled_from([None, "POSITIVE", "MIXED"]),
            "themes": st.sets(NAMES).map(lambda names: [{"name": name} for name in sorted(names)]),
            "analyzers": st.sampled_from([["content"], ["themes"], ["content", "themes"]]),
        }
    ),
)
WHICH = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(DAYS, min_size=1, max_size=4)),
        st.tuples(st.just("date"), WHICH, DAYS),
        st.tuples(st.just("language"), WHICH, st.sampled_from([None, "en", "ru"])),
        st.tuples(st.just("profile"), WHICH, PROFILES),
        st.tuples(st.just("analysis"), WHICH, DETAILS, st.sampled_from(["COMPLETED", "COMPLETED", "FAILED"])),
        st.tuples(st.just("delete"), st.sets(WHICH, min_size=1, max_size=2)),
        st.tuples(st.just("rolled back"), WHICH, DAYS),
    ),
    min_size=1,
    max_size=20,
)


class Undone(Exception):
    """Ends a transaction without its changes."""


@dataclass
class Catalogue:
    """A tenant and its tracks, oldest first."""

    database: Database
    tenant: UUID
    tracks: list[UUID] = field(default_factory=list)

    async def take(self, step: tuple[Any, ...]) -> None:
        kind, *values = step
        if kind == "add":
            songs = [song(released_on=day) for day in values[0]]
            self.tracks += await add_tracks(self.database, self.tenant, songs)
        elif kind == "delete":
            gone = [self.tracks[which] for which in values[0] if which < len(self.tracks)]
            async with self.database.transaction(self.tenant) as session:
                await tracks.delete(session, self.tenant, gone)
            self.tracks = [track for track in self.tracks if track not in gone]
        elif values[0] < len(self.tracks):
            await self.change(kind, self.tracks[values[0]], *values[1:])

    async def change(self, kind: str, track: UUID, value: Any, status: str = "COMPLETED") -> None:
        try:
            async with self.database.transaction(self.tenant) as session:
                if kind == "analysis":
                    analyzer, details = value
                    await session.execute(
                        insert(Analysis).values(
                            tenant_id=self.tenant, track_id=track, analyzer=analyzer, status=status,
                            details=details, analyzer_version="1", input_hash="x", duration_ms=1,
                        )
                    )  # fmt: skip
                    return
                column = {"date": "released_on", "rolled back": "released_on"}.get(kind, kind)
                change = update(Track).where(Track.tenant_id == self.tenant, Track.id == track)
                await session.execute(change.values({column: value}))
                if kind == "rolled back":
                    raise Undone
        except Undone:
            pass


async def counted(
    database: Database, tenant: UUID
) -> tuple[trend_reference.Counted, trend_reference.Counted]:
    """The rollups as they are kept, and as plain Python makes them of the rows."""
    async with database.reading(tenant) as connection:
        kept = {
            (r["metric"], r["granularity"], r["period"].isoformat(), r["key"], r["language"]): (
                r["tracks"],
                r["total"],
            )
            for r in await connection.fetch("select * from trend_rollups where tenant_id = $1", tenant)
        }
        tracks = await connection.fetch("select * from tracks where tenant_id = $1", tenant)
        found = await connection.fetch("select * from analyses where tenant_id = $1", tenant)
    rows, analyses = [dict(row) for row in tracks], [dict(row) for row in found]
    for row in rows:
        row["profile"] = orjson.loads(row["profile"] or "null")
    for analysis in analyses:
        analysis["details"] = orjson.loads(analysis["details"] or "null")
    details = {
        row["id"]: trend_reference.newest(a for a in analyses if a["track_id"] == row["id"]) for row in rows
    }
    return kept, trend_reference.rollups(rows, details)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_increments_are_a_rebuild(database: Database, steps: list[tuple[Any, ...]]) -> None:
    catalogue = Catalogue(database, await new_tenant(database))
    for step in steps:
        await catalogue.take(step)
    kept, anew = await counted(database, catalogue.tenant)
    assert kept == anew
    assert await rebuild(database, catalogue.tenant) == (len(anew), 0)
    assert (await counted(database, catalogue.tenant))[0] == anew


async def test_writers_at_the_same_time_lose_nothing(database: Database) -> None:
    catalogue = Catalogue(database, await new_tenant(database))
    await catalogue.take(("add", [date(2000, 6, 1)] * 6))
    steps: list[tuple[Any, ...]] = [
        ("analysis", which, (analyzer, {"density": 0.5, "explicit": True}))
        for which in range(6)
        for analyzer in ("rhyme", "content")
    ]
    steps += [("date", which, date(2001, 1, 1)) for which in range(3)]
    steps += [("add", [date(2000, 6, 1)] * 3)] * 3
    await asyncio.gather(*(catalogue.take(step) for step in steps))
    kept, anew = await counted(database, catalogue.tenant)
    assert kept == anew


async def test_a_rebuild_puts_wrong_figures_right_and_says_so(database: Database) -> None:
    catalogue = Catalogue(database, await new_tenant(database))
    await catalogue.take(("add", [date(2000, 6, 1)]))
    async with database.transaction(catalogue.tenant) as session:
        await session.execute(text("update trend_rollups set tracks = 7 where granularity = 'year'"))
    assert await rebuild(database, catalogue.tenant) == (2, 1)
    kept, anew = await counted(database, catalogue.tenant)
    assert kept == anew


async def test_a_change_tells_which_metrics_and_dates(database: Database) -> None:
    catalogue = Catalogue(database, await new_tenant(database))
    await catalogue.take(("add", [date(2000, 6, 9), date(2001, 2, 3), None]))
    await catalogue.take(("analysis", 1, ("rhyme", {"density": 0.5})))
    await catalogue.take(("analysis", 2, ("rhyme", {"density": 0.5})))  # without a date: in no series
    async with database.reading(catalogue.tenant) as connection:
        events = await connection.fetch(
            "select payload::text from events where kind = 'TrendsChanged' order by id"
        )
    assert [orjson.loads(event["payload"])["changes"] for event in events] == [
        [{"metric": "TRACKS", "from": "2000-06-01", "to": "2001-02-28"}],
        [{"metric": "RHYME_DENSITY", "from": "2001-02-01", "to": "2001-02-28"}],
    ]


@pytest.mark.parametrize("table", ["trend_observations", "trend_rollups"])
async def test_counts_are_the_tenants_own(database: Database, table: str) -> None:
    catalogue, other = Catalogue(database, await new_tenant(database)), await new_tenant(database)
    await catalogue.take(("add", [date(2000, 6, 9)]))
    async with database.reading(other) as connection:
        assert await connection.fetchval(f"select count(*) from {table}") == 0
