"""Opens what a serving process needs, and closes it in the opposite order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypedDict

from redis.asyncio import Redis

from api.context import Services
from app.analysis import batch
from app.analysis.batch import Text
from app.analysis.orchestrator import TrackAnalysis
from app.events.hub import Hub
from app.search.embeddings import FastEmbedder
from app.search.recommend import RecommendationService
from app.search.search import SearchService
from app.settings import Settings
from app.trends.service import TrendService
from tenancy.database import Database
from tenancy.principals import Authenticator
from tenancy.quotas import Quotas


class State(TypedDict):
    """What requests find in `request.state`."""

    services: Services
    authenticator: Authenticator
    valkey: Redis


class Unconfigured(Exception):
    """Set RAP_ANALYZER_DATABASE_URL and RAP_ANALYZER_REDIS_URL, or start `rap-analyzer up`."""


async def analyze_text(
    lyrics: str, title: str | None, language: str | None, names: Sequence[str] | None
) -> tuple[str | None, TrackAnalysis]:
    """One text, in a thread: other requests go on."""
    return (await asyncio.to_thread(batch.analyze, [Text(lyrics, title, language)], names))[0]


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Raises Unconfigured, tenancy.database.UnsafeDatabaseRole, or what the servers raise."""
    if settings.database_url is None or settings.redis_url is None:
        raise Unconfigured(Unconfigured.__doc__)
    database = Database(settings.database_url)
    valkey = Redis.from_url(settings.redis_url)
    embedder = FastEmbedder()
    search = SearchService(database, embedder)
    warm = asyncio.create_task(search.warm())  # the first search should not wait for it
    hub = Hub(database, valkey)
    try:
        await database.open()
        await hub.start()
        services = Services(
            database=database,
            search=search,
            recommendations=RecommendationService(database, embedder.space),
            trends=TrendService(database),
            quotas=Quotas(valkey),
            hub=hub,
            analyze=analyze_text,
        )
        yield State(services=services, authenticator=Authenticator(database), valkey=valkey)
    finally:
        await warm
        await hub.close()
        await valkey.aclose()
        await database.close()
