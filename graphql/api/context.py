"""What a resolver has at hand: who asks, and the services of the features."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import strawberry
from graphql import GraphQLError

from api import rate_limit
from tenancy.audit import Actor
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.restrictions import Caller

if TYPE_CHECKING:
    from api.cost import Estimate
    from api.documents.document import Operation
    from app.analysis.policy import Offer
    from app.events.hub import Hub
    from app.search.recommend import RecommendationService
    from app.search.search import SearchService
    from app.trends.service import TrendService
    from tenancy.oidc.flow import SignIn
    from tenancy.quotas import Charge, Quotas
    from tenancy.replica import Replica


# Tells every process that a key or a member, or all of a tenant, have changed.
Announce = Callable[[UUID, UUID | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Services:
    """The features of one process, built by `app.lifespan` and shared by all requests."""

    database: Database
    search: SearchService
    recommendations: RecommendationService
    trends: TrendService
    quotas: Quotas
    hub: Hub
    analyze: Any
    announce: Announce
    sign_in: SignIn
    offer: Offer
    replica: Replica | None = None
    show_plans: Literal["off", "sql", "explain"] = "off"


@dataclass(slots=True)
class Context:
    """One operation of one principal."""

    principal: Principal
    services: Services
    charge: Charge
    estimate: Estimate
    caller: Caller = field(default=Caller())
    # Errors of planned fields below Python objects, which graphql-core can't see.
    errors: list[GraphQLError] = field(default_factory=list)
    given_back: int = 0
    # Where a stream of events goes on that was cut off; it takes the place of an argument `after`.
    last_event_id: str | None = None
    # What is being executed: below Python objects, plans are kept with it.
    operation: Operation | None = None
    # Where a query may read what is a moment old; nothing else may.
    replica: Replica | None = None
    # The statements that were run, where the service shows them.
    plans: list[dict[str, Any]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def actor(self) -> Actor:
        """Who acts here, for the audit log."""
        return Actor.of(self.principal, self.caller.address)

    async def spend(self, points: int) -> None:
        """Charges more points, for work that the operation starts. Raises tenancy.quotas.QuotaExceeded."""
        more = await self.services.quotas.charge(self.principal, points, self.charge.operation)
        self.charge = more._replace(cost=self.charge.cost + points)

    def settle(self, objects: int) -> None:
        """Gives back what an answer of so many objects did not need; once."""
        unused = self.estimate.requested - self.estimate.actual(objects)
        if self.given_back == 0 and unused > 0:
            self.given_back = unused
            self.services.quotas.give_back(self.principal, self.charge, unused)
            self.charge = self.charge.without(unused)

    @property
    def headers(self) -> dict[str, str]:
        """Header fields that say where the caller stands."""
        return rate_limit.headers(self.charge)

    def extensions(self) -> dict[str, Any]:
        """What every response says beside its data."""
        cost = rate_limit.cost(self.charge, self.given_back)
        return {"cost": cost, "plan": self.plans} if self.plans else {"cost": cost}


Info = strawberry.Info[Context, None]
