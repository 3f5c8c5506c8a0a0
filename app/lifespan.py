"""Opens what a serving process needs, and closes it in the opposite order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypedDict
from uuid import UUID

import structlog

from api.context import Services
from api.persisted.stored import StoredDocuments
from app.analysis import batch, registry
from app.analysis.batch import Text
from app.analysis.orchestrator import TrackAnalysis
from app.events.hub import Hub
from app.events.tasks import end
from app.search.embeddings import FastEmbedder
from app.search.homes import Homes
from app.search.recommend import RecommendationService
from app.search.search import SearchService
from app.settings import Settings
from app.telemetry.figures import Figures
from app.telemetry.metrics import report_quota
from app.telemetry.tracing import tracing
from app.trends.service import TrendService
from tenancy import invalidation, last_use
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.oidc.attempts import Attempts
from tenancy.oidc.flow import SignIn
from tenancy.oidc.providers import Providers
from tenancy.quotas import Quotas
from tenancy.replica import Replica
from tenancy.valkey import Valkey, connect

log = structlog.get_logger(__name__)


class ProbedState(TypedDict):
    """What /livez, /readyz and /metrics need: an API has it, and so has a worker."""

    database: Database
    valkey: Valkey
    figures: Figures
    needs_valkey: bool


class State(ProbedState):
    """What requests find in `request.state`."""

    services: Services
    authenticator: Authenticator
    stored: StoredDocuments


class Unconfigured(Exception):
    """Set RAP_ANALYZER_DATABASE_URL and RAP_ANALYZER_REDIS_URL, or start `rap-analyzer up`."""


async def analyze_text(
    lyrics: str, title: str | None, language: str | None, names: Sequence[str] | None
) -> tuple[str | None, TrackAnalysis]:
    """One text, in a thread: other requests go on."""
    text = Text(lyrics, title, language)
    return (await asyncio.to_thread(batch.analyze, [text], names, FastEmbedder()))[0]


async def offer_models(database: Database, settings: Settings) -> None:
    """Tells the tenants which models there are now. Without it, they would learn at their next run."""
    try:
        await registry.offer(database, settings.agents())
    except Exception as error:
        log.warning("models_not_offered", error=type(error).__qualname__)


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Raises Unconfigured, tenancy.database.UnsafeDatabaseRole, or what the servers raise."""
    if settings.database_url is None or settings.redis_url is None:
        raise Unconfigured(Unconfigured.__doc__)
    with tracing(settings.otlp_endpoint, settings.trace_ratio, "rap-analyzer-api"):
        async with opened(settings, settings.database_url, settings.redis_url) as state:
            yield state


@asynccontextmanager
async def opened(settings: Settings, database_url: str, redis_url: str) -> AsyncIterator[State]:
    connecting = partial(
        Database,
        statement_timeout_ms=max(1, round(settings.statement_seconds * 1000)),
        pooled=settings.pooler == "transaction",
    )
    database, replica = connecting(database_url), None
    if settings.replica_database_url is not None:
        replica = Replica(database, connecting(settings.replica_database_url), settings.replica_lag_seconds)
    valkey = connect(redis_url)
    homes = Homes(database, settings.text_embedders())
    await homes.spaces.check()
    search = SearchService(homes)
    warm = asyncio.create_task(search.warm())  # the first search should not wait for it
    hub = Hub(database, valkey)
    providers = Providers(provider.config for provider in settings.identity_providers)
    authenticator = Authenticator(database, providers)
    public_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    stored = StoredDocuments(valkey)
    quotas = Quotas(valkey, database, without=settings.quota_without_valkey, report=report_quota)
    tasks = [
        asyncio.create_task(invalidation.listen(valkey, authenticator)),
        asyncio.create_task(last_use.keep_storing(database, authenticator)),
        asyncio.create_task(quotas.keep()),
    ]

    async def announce(tenant: UUID, changed: UUID | None) -> None:
        authenticator.forget(tenant, changed)  # here at once, whatever becomes of the message
        await invalidation.announce(valkey, tenant, changed)

    try:
        await database.open()
        await hub.start()
        if replica is not None:
            tasks.append(asyncio.create_task(replica.keep()))
        tasks.append(asyncio.create_task(offer_models(database, settings)))
        services = Services(
            database=database,
            replica=replica,
            search=search,
            recommendations=RecommendationService(homes),
            trends=TrendService(database),
            quotas=quotas,
            hub=hub,
            analyze=analyze_text,
            announce=announce,
            sign_in=SignIn(providers, Attempts(valkey), public_url),
            offer=settings.offer(),
            show_plans=settings.show_plans,
        )
        yield State(
            services=services,
            authenticator=authenticator,
            stored=stored,
            database=database,
            valkey=valkey,
            figures=Figures(database, lambda: hub.subscribers),
            # Where each process may count points by itself, it can answer without Valkey.
            needs_valkey=settings.quota_without_valkey == "refuse",
        )
    finally:
        # First: a stop may be cut short, and a task that lives on would hold the loop.
        await end(warm, *tasks)
        await last_use.store_what_can_be(database, authenticator)
        await quotas.close()
        await stored.close()
        await hub.close()
        await valkey.aclose()
        if replica is not None:
            await replica.close()
        await database.close()
