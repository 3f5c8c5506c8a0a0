"""Creating tenants and finding them by slug."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import Database
from tenancy.models import Plan, Tenant

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class TenantExists(ValueError):
    """There is a tenant with this slug already."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is a tenant {slug!r} already. Choose another slug.")


class TenantNotFound(LookupError):
    """No tenant has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no tenant {slug!r}. Create it: rap-analyzer tenants create {slug}")


class InvalidSlug(ValueError):
    """A slug has lower-case Latin letters, digits and hyphens, at most 63, and starts with no hyphen."""


async def add(session: AsyncSession, tenant: UUID, slug: str, name: str, plan: Plan = Plan.TEAM) -> None:
    """Stores a new tenant in a transaction of its own id. Raises InvalidSlug or TenantExists."""
    if not SLUG.fullmatch(slug):
        raise InvalidSlug(InvalidSlug.__doc__)
    session.add(Tenant(id=tenant, slug=slug, name=name, plan=plan))
    try:
        await session.flush()
    except IntegrityError as error:
        raise TenantExists(slug) from error


async def by_slug(database: Database, slug: str) -> UUID:
    """Raises TenantNotFound."""
    async with database.unpinned() as connection:
        tenant: UUID | None = await connection.fetchval("select tenant_by_slug($1)", slug)
    if tenant is None:
        raise TenantNotFound(slug)
    return tenant


async def read(session: AsyncSession, tenant: UUID) -> Tenant:
    """The tenant of the session's own transaction."""
    return await session.get_one(Tenant, tenant)
