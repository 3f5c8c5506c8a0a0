"""Composes the schema from the features' parts."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.analysis.mutations import AnalysisMutations
from api.analysis.queries import AnalysisQueries
from api.analysis.subscriptions import AnalysisSubscriptions
from api.catalog.mutations import CatalogMutations
from api.catalog.queries import CatalogQueries
from api.scalars import SCALARS
from api.search.queries import SearchQueries
from api.tenants.members import MemberMutations
from api.tenants.model_policy import ModelPolicyMutations
from api.tenants.mutations import TenantMutations
from api.tenants.queries import TenantQueries
from api.tenants.subscriptions import TenantSubscriptions
from api.trends.queries import TrendQueries


@strawberry.type(description="Reading. Everything belongs to your tenant.")
class Query(CatalogQueries, AnalysisQueries, SearchQueries, TrendQueries, TenantQueries):
    pass


@strawberry.type(description="Writing. Each answers with what was done, or with a problem that says why not.")
class Mutation(CatalogMutations, AnalysisMutations, TenantMutations, MemberMutations, ModelPolicyMutations):
    pass


@strawberry.type(description="Watching. Each event has a cursor from which you can resume.")
class Subscription(AnalysisSubscriptions, TenantSubscriptions):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)
