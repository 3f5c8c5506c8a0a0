"""What a resolver has at hand: who asks, and the services of the features."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import strawberry
from graphql import GraphQLError

from api.scalars import write_moment
from tenancy.database import Database
from tenancy.principals import Principal

if TYPE_CHECKING:
    from app.events.hub import Hub
    from app.search.recommend import RecommendationService
    from app.search.search import SearchService
    from app.trends.service import TrendService
    from tenancy.quotas import Charge, Quotas


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


@dataclass(slots=True)
class Context:
    """One operation of one principal."""

    principal: Principal
    services: Services
    charge: Charge
    # Errors of planned fields below Python objects, which graphql-core can't see.
    errors: list[GraphQLError] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.services.database

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
