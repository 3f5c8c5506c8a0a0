"""The language models of a worker: which songs they are asked about, and in what money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import policy, registry
from app.analysis.agents.budget import Budget
from app.analysis.agents.cascade import Cascade, Means, Tell
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.earlier import Earlier
from app.analysis.agents.shared import SharedAnswers
from app.analysis.batch import Text
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.policy import Offer, Policy
from app.analysis.results import Result
from app.lyrics.text import Lyrics
from tenancy.database import Database

Parse = Callable[[Sequence[Text]], Awaitable[list[Lyrics]]]
# Whether language models are to be asked about a track, by the analyzers of its run and what it has now.
Concerns = Callable[[Sequence[str], TrackAnalysis], bool]


@dataclass(frozen=True, slots=True)
class Counsel:
    """One tenant's models, with its budget and what they have told it before, as it had decided then."""

    cascade: Cascade
    means: Means
    budget: Budget
    decided: Policy

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
    """One a worker: it bounds how many requests each model gets at a time.

    `offer` is what the service does for tenants that have not decided otherwise; its money is the most that
    any of them can spend. `shared` keeps the answers of those that share them.
    """

    def __init__(
        self,
        cascade: Cascade,
        database: Database,
        offer: Offer,
        parse: Parse,
        shared: SharedAnswers | None = None,
    ) -> None:
        self._cascade = cascade
        self._database = database
        self._offer = offer
        self._shared = shared
        self.parse = parse

    async def concerns(self, session: AsyncSession, tenant: UUID) -> Concerns:
        """Whether a model may be asked about a song of the tenant that has been analysed locally."""
        terms = self._offer.to(await policy.read(session, tenant))
        return partial(self._cascade.concerns, terms.ask_below)

    async def of(self, tenant: UUID) -> Counsel:
        """For one turn of the tenant: those of the models that it has switched on."""
        async with self._database.transaction(tenant) as session:
            await registry.sync(session, tenant, self._cascade.agents)
            decided = await policy.read(session, tenant)
        agents = [agent for agent in self._cascade.agents if agent.name not in decided.switched_off]
        terms = self._offer.to(decided)
        budget = Budget(self._database, tenant, terms.monthly_budget_usd)
        shared = self._shared if decided.shares_answers else None
        means = Means(agents, budget, Earlier(self._database, tenant), terms.ask_below, shared)
        return Counsel(self._cascade, means, budget, decided)
