"""Trends over real rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from app.analysis.models import Analysis
from app.catalog.filters import TrackFilter
from app.catalog.models import Track
from app.trends.metrics import Metric
from app.trends.periods import Granularity
from app.trends.service import TooManyPeriods, TrendService
from app.trends.statistics import Direction
from tenancy.database import Database
from tests.builders import RUSSIAN_VERSE, add_tracks, new_tenant, song


async def release(
    database: Database,
    tenant: UUID,
    year: int,
    themes: list[str],
    sentiment: str | None = None,
    analyzers: Sequence[str] = ("themes",),
    **song_parts: Any,
) -> UUID:
    """A track with a profile, as the worker leaves it."""
    (track,) = await add_tracks(database, tenant, [song(released_on=date(year, 6, 1), **song_parts)])
    profile = {
        "sentiment": sentiment,
        "themes": [{"kind": "theme", "name": name, "confidence": 0.8} for name in themes],
        "analyzers": list(analyzers),
    }
    async with database.transaction(tenant) as session:
        await session.execute(update(Track).where(Track.id == track).values(profile=profile))
    return track


async def analyse(
    database: Database, tenant: UUID, track: UUID, analyzer: str, details: dict[str, Any]
) -> None:
    async with database.transaction(tenant) as session:
        await session.execute(
            insert(Analysis).values(
                tenant_id=tenant, track_id=track, analyzer=analyzer, status="COMPLETED", details=details,
                analyzer_version="1", input_hash="x", duration_ms=1,
            )
        )  # fmt: skip


async def test_shares_of_themes(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    for year, themes in [
        (1990, ["street"]),
        (1990, ["street", "faith"]),
        (1992, ["money"]),
        (1992, ["street"]),
    ]:
        await release(database, tenant, year, themes)
    found = {trend.key: trend for trend in await trends.trends(tenant, Metric.THEME)}
    assert list(found) == ["street", "faith", "money"]
    assert [(p.period, p.value, p.share, p.tracks) for p in found["street"].points] == [
        (date(1990, 1, 1), 1.0, 1.0, 2),
        (date(1992, 1, 1), 0.5, 0.5, 1),
    ]
    assert [p.value for p in found["faith"].points] == [0.5, 0.0]
    assert found["street"].change == -0.5
    assert found["street"].slope == pytest.approx(-0.25)  # a year, not a point
    assert sum(p.tracks for p in found["street"].points) == 3


async def test_counts_fill_the_gaps_and_granularities_group(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    for year in (1998, 1998, 2001):
        await release(database, tenant, year, [])
    await add_tracks(database, tenant, [song()])  # no date: in no series
    (years,) = await trends.trends(tenant, Metric.TRACKS)
    assert [(p.period.year, p.tracks) for p in years.points] == [(1998, 2), (1999, 0), (2000, 0), (2001, 1)]
    (decades,) = await trends.trends(tenant, Metric.TRACKS, Granularity.DECADE)
    assert [(p.period, p.tracks) for p in decades.points] == [(date(1990, 1, 1), 2), (date(2000, 1, 1), 1)]
    (quarters,) = await trends.trends(tenant, Metric.TRACKS, Granularity.QUARTER, date(2001, 1, 1))
    assert [p.period for p in quarters.points] == [date(2001, 4, 1)]


async def test_an_emerging_theme_is_told(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    for year in range(2010, 2022):
        await release(database, tenant, year, ["love"] + ["screens"] * (year >= 2019))
    found = {trend.key: trend.direction for trend in await trends.trends(tenant, Metric.THEME)}
    assert found == {"love": Direction.STEADY, "screens": Direction.EMERGING}


async def test_means_rest_on_the_newest_analysis(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    one, two = await release(database, tenant, 2000, []), await release(database, tenant, 2000, [])
    await analyse(database, tenant, one, "rhyme", {"kind": "RhymeDetails", "density": 0.1})
    await analyse(database, tenant, one, "rhyme", {"kind": "RhymeDetails", "density": 0.4})
    await analyse(database, tenant, two, "rhyme", {"kind": "RhymeDetails", "density": 0.6})
    await analyse(database, tenant, one, "content", {"kind": "ContentDetails", "explicit": True})
    await analyse(database, tenant, two, "content", {"kind": "ContentDetails", "explicit": False})
    emotions = {"kind": "EmotionDetails", "emotions": [{"name": "joy", "value": 0.5}]}
    await analyse(database, tenant, one, "emotion", emotions)
    (density,) = await trends.trends(tenant, Metric.RHYME_DENSITY)
    assert density.points[0].value == pytest.approx(0.5)
    assert density.points[0].tracks == 2
    (explicit,) = await trends.trends(tenant, Metric.EXPLICITNESS)
    assert (explicit.points[0].share, explicit.points[0].tracks) == (0.5, 1)
    (joy,) = await trends.trends(tenant, Metric.EMOTION)
    assert (joy.key, joy.points[0].value) == ("joy", 0.5)
    assert await trends.trends(tenant, Metric.VOCABULARY) == []


async def test_a_track_whose_themes_were_not_judged_is_not_one_without(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    await release(database, tenant, 2000, ["street"])
    await release(database, tenant, 2000, [], analyzers=["content"])
    (street,) = await trends.trends(tenant, Metric.THEME)
    assert (street.points[0].share, street.points[0].tracks) == (1.0, 1)


async def test_clean_tracks_are_a_series_of_zeros(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    assert await trends.trends(tenant, Metric.EXPLICITNESS) == []
    for year in (2000, 2001):
        track = await release(database, tenant, year, [])
        await analyse(database, tenant, track, "content", {"kind": "ContentDetails", "explicit": False})
    (clean,) = await trends.trends(tenant, Metric.EXPLICITNESS)
    assert (clean.key, clean.direction) == ("explicit", Direction.STEADY)
    assert [(p.value, p.share, p.tracks) for p in clean.points] == [(0.0, 0.0, 0), (0.0, 0.0, 0)]


async def test_filters_and_an_artists_evolution(database: Database) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    await release(database, tenant, 2000, ["love"], "POSITIVE", artist="Ann", language="en")
    await release(database, tenant, 2001, ["loss"], "NEGATIVE", artist="Bob", lyrics=RUSSIAN_VERSE)
    russian = await trends.trends(tenant, Metric.THEME, filter=TrackFilter(languages=["ru"]))
    assert [trend.key for trend in russian] == ["loss"]
    async with database.reading(tenant) as connection:
        ann = await connection.fetchval("select id from artists where slug = 'ann'")
    (points,) = await trends.evolutions(tenant, [ann], Metric.SENTIMENT)
    assert not isinstance(points, TooManyPeriods)
    assert [p.period.year for p in points] == [2000]


async def test_other_tenants_are_not_counted(database: Database) -> None:
    tenant, other = await new_tenant(database), await new_tenant(database)
    trends = TrendService(database)
    track = await release(database, other, 2000, ["love"], "POSITIVE")
    await analyse(database, other, track, "rhyme", {"kind": "RhymeDetails", "density": 0.1})
    for metric in Metric:
        assert await trends.trends(tenant, metric) == []
    async with database.reading(other) as connection:
        artist = await connection.fetchval("select artist_id from tracks")
    assert await trends.evolutions(tenant, [artist], Metric.THEME) == [[]]


@pytest.mark.parametrize("granularity", Granularity)
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (None, None), (date(2000, 3, 15), None), (None, date(2003, 3, 15)),
        (date(2000, 3, 15), date(2003, 11, 2)), (date(2001, 1, 1), date(2002, 12, 31)),
        (date(2001, 6, 1), date(2001, 6, 30)), (date(2001, 6, 1), date(2001, 6, 1)),
        (date(2002, 1, 2), date(2001, 1, 1)), (date(1, 1, 1), date.max),
    ],
)  # fmt: skip
async def test_rollups_say_what_the_tracks_say(
    database: Database, granularity: Granularity, first: date | None, last: date | None
) -> None:
    tenant, trends = await new_tenant(database), TrendService(database)
    days = [date(2000 + n % 5, 1 + n % 12, 1 + n % 28) for n in range(60)]
    tracks = await add_tracks(database, tenant, [song(released_on=day) for day in days])
    rolled_up = await trends.trends(tenant, Metric.TRACKS, granularity, first, last)
    looked_at = await trends.trends(tenant, Metric.TRACKS, granularity, first, last, TrackFilter(ids=tracks))
    assert [(p.period, p.tracks) for t in rolled_up for p in t.points] == [
        (p.period, p.tracks) for t in looked_at for p in t.points
    ]
    told = sum(p.tracks for t in rolled_up for p in t.points)
    assert told == sum((first or date.min) <= day <= (last or date.max) for day in days)
