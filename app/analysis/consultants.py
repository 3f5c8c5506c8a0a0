"""The language models of a worker, consulted for a slice of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import registry
from app.analysis.agents.budget import Budget
from app.analysis.agents.cascade import Cascade, Means
from app.analysis.agents.earlier import Earlier
from app.analysis.batch import Text
from app.analysis.models import Analyzer
from app.analysis.orchestrator import TrackAnalysis
from app.lyrics.text import Lyrics
from tenancy.database import Database

Parse = Callable[[Sequence[Text]], Awaitable[list[Lyrics]]]


class Consultants:
    """`purses` is a database pool of its own, for budgets: a slice holds a connection of the other one while
    it waits for a model, and slices that wait for each other's connections would wait for ever.
    """

    def __init__(self, cascade: Cascade, purses: Database, monthly_usd: float, parse: Parse) -> None:
        self._cascade = cascade
        self._purses = purses
        self._monthly = monthly_usd
        self._parse = parse
        self._known: set[UUID] = set()

    async def meet(self, tenant: UUID) -> None:
        """Gives a new tenant its rows of our models; in a transaction of its own, since it locks them."""
        if tenant not in self._known:
            async with self._purses.transaction(tenant) as session:
                await registry.sync(session, tenant, self._cascade.agents)
            self._known.add(tenant)

    async def judge(
        self,
        session: AsyncSession,
        tenant: UUID,
        names: Sequence[str],
        texts: Sequence[Text],
        analyses: Sequence[TrackAnalysis],
    ) -> list[TrackAnalysis]:
        """The analyses, in order, each with what the models say of it, where one is asked at all."""
        judged = list(analyses)
        wanted = [n for n, analysis in enumerate(analyses) if self._cascade.concerns(names, analysis)]
        if not wanted:
            return judged
        parsed = await self._parse([texts[n] for n in wanted])
        enabled = select(Analyzer.name).where(Analyzer.tenant_id == tenant, Analyzer.enabled)
        allowed = set(await session.scalars(enabled))
        agents = [agent for agent in self._cascade.agents if agent.name in allowed]
        means = Means(agents, Budget(self._purses, tenant, self._monthly), Earlier(session, tenant))
        songs = zip(wanted, parsed, strict=True)
        found = await asyncio.gather(
            *(self._cascade.judge(lyrics, names, analyses[n], means) for n, lyrics in songs)
        )
        for n, analysis in zip(wanted, found, strict=True):
            judged[n] = analysis
        return judged
