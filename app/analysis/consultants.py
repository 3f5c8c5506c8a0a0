"""The language models of a worker: which songs they are asked about, and in what money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.analysis import registry
from app.analysis.agents.budget import Budget
from app.analysis.agents.cascade import Cascade, Means, Tell
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.earlier import Earlier
from app.analysis.batch import Text
from app.analysis.models import Analyzer
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.results import Result
from app.lyrics.text import Lyrics
from tenancy.database import Database

Parse = Callable[[Sequence[Text]], Awaitable[list[Lyrics]]]


@dataclass(frozen=True, slots=True)
class Counsel:
    """One tenant's models, with its budget and what they have told it before."""

    cascade: Cascade
    means: Means
    budget: Budget

    async def hear(self, lyrics: Lyrics, names: Sequence[str], known: TrackAnalysis, keep: Tell) -> bool:
        """Asks about a song, and has each result kept as it comes; whether all that was wanted is there.

        False where this month's money is spent and models were named: those are to be asked another time.
        """
        short = False

        async def tell(name: str, result: Result, milliseconds: int) -> None:
            nonlocal short
            if name in names and result.error == NO_BUDGET and self.budget.short:
                short = True
            else:
                await keep(name, result, milliseconds)

        await self.cascade.judge(lyrics, names, known, self.means, tell)
        return not short


class Consultants:
    """One a worker: it bounds how many requests each model gets at a time."""

    def __init__(self, cascade: Cascade, database: Database, monthly_usd: float, parse: Parse) -> None:
        self._cascade = cascade
        self._database = database
        self._monthly = monthly_usd
        self.parse = parse

    def concern(self, names: Sequence[str], analysis: TrackAnalysis) -> bool:
        """Whether a model may be asked about a song that has been analysed locally."""
        return self._cascade.concerns(names, analysis)

    async def of(self, tenant: UUID) -> Counsel:
        """For one turn of the tenant: those of the models that it has switched on."""
        async with self._database.transaction(tenant) as session:
            await registry.sync(session, tenant, self._cascade.agents)
            enabled = select(Analyzer.name).where(Analyzer.tenant_id == tenant, Analyzer.enabled)
            allowed = set(await session.scalars(enabled))
        agents = [agent for agent in self._cascade.agents if agent.name in allowed]
        budget = Budget(self._database, tenant, self._monthly)
        return Counsel(self._cascade, Means(agents, budget, Earlier(self._database, tenant)), budget)
