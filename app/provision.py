"""A new tenant with all it needs to begin."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from app.analysis import registry
from app.analysis.agents import ModelAgent
from tenancy import tenants
from tenancy.audit import Actor, ActorKind
from tenancy.database import Database
from tenancy.models import Plan

SETUP = Actor(ActorKind.OPERATOR, "setup")  # nobody in particular: the demo, and tests


async def create_tenant(
    database: Database,
    slug: str,
    name: str,
    plan: Plan = Plan.TEAM,
    actor: Actor = SETUP,
    agents: Sequence[ModelAgent] = (),
) -> UUID:
    """With the local analyzers and these language models. Raises InvalidSlug or TenantExists."""
    tenant = uuid4()
    async with database.transaction(tenant) as session:
        await tenants.add(session, tenant, slug, name, plan, actor)
        await registry.sync(session, tenant, agents)
    return tenant
