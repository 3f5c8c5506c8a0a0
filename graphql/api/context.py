"""What a resolver has at hand: who asks, and the services of the features."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry
from graphql import GraphQLError

from api.scalars import write_moment
from tenancy.audit import Actor
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.restrictions import Caller

if TYPE_CHECKING:
    from app.events.hub import Hub
    from app.search.recommend import RecommendationService
    from app.search.search import SearchService
    from app.trends.service import TrendService
    from tenancy.quotas import Charge, Quotas


# Tells every process that a key, or all keys of a tenant, have changed.
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


@dataclass(slots=True)
class Context:
    """One operation of one principal."""

    principal: Principal
    services: Services
    charge: Charge
    caller: Caller = field(default=Caller())
    # Errors of planned fields below Python objects, which graphql-core can't see.
    errors: list[GraphQLError] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def actor(self) -> Actor:
        """Who acts here, for the audit log."""
        return Actor.of(self.principal, self.caller.address)

    async def spend(self, points: int) -> None:
        """Charges more points, for work that the operation starts. Raises tenancy.quotas.QuotaExceeded."""
        self.charge = replace(
            await self.services.quotas.charge(self.principal, points), cost=self.charge.cost + points
        )

    def extensions(self) -> dict[str, Any]:
        """What every response says beside its data."""
        charge = self.charge
        return {
            "cost": {
                "requested": charge.cost,
                "remaining": charge.remaining,
                "limit": charge.limit,
                "resetsAt": write_moment(charge.resets_at),
            }
        }


Info = strawberry.Info[Context, None]
