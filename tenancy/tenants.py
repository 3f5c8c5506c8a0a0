"""Creating tenants, finding them by slug, suspending, resuming and closing them, and what they may run."""

from __future__ import annotations

import re
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import audit
from tenancy.audit import Action, Actor
from tenancy.database import Database
from tenancy.models import Plan, Tenant, TenantStatus
from tenancy.names import checked

ACTIONS = {
    TenantStatus.SUSPENDED: Action.TENANT_SUSPENDED,
    TenantStatus.ACTIVE: Action.TENANT_RESUMED,
    TenantStatus.CLOSED: Action.TENANT_CLOSED,
}
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class TenantExists(ValueError):
    """There is a tenant with this slug already."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is a tenant {slug!r} already. Choose another slug.")


class TenantNotFound(LookupError):
    """No tenant has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no tenant {slug!r}. Create it: rap-analyzer tenants create {slug}")


class TenantClosed(ValueError):
    """This tenant is closed, for good. Its rows are kept; create another tenant to go on."""


class InvalidSlug(ValueError):
    """A slug has lower-case Latin letters, digits and hyphens, at most 63, and starts with no hyphen."""


async def add(session: AsyncSession, tenant: UUID, slug: str, name: str, plan: Plan, actor: Actor) -> None:
    """Stores a new tenant in a transaction of its own id. Raises InvalidSlug, InvalidName or TenantExists."""
    if not SLUG.fullmatch(slug):
        raise InvalidSlug(InvalidSlug.__doc__)
    name = checked(name)
    session.add(Tenant(id=tenant, slug=slug, name=name, plan=plan))
    try:
        await session.flush()
    except IntegrityError as error:
        raise TenantExists(slug) from error
    created = {"slug": slug, "name": name, "plan": plan, "status": TenantStatus.ACTIVE}
    await audit.record(session, tenant, actor, Action.TENANT_CREATED, tenant, after=created)


async def by_slug(database: Database, slug: str) -> UUID:
    """Raises TenantNotFound."""
    async with database.unpinned() as connection:
        tenant: UUID | None = await connection.fetchval("select tenant_by_slug($1)", slug)
    if tenant is None:
        raise TenantNotFound(slug)
    return tenant


async def every(database: Database) -> list[asyncpg.Record]:
    """The id, slug, status and plan of all tenants, by slug: for operators, who see no more of them."""
    async with database.unpinned() as connection:
        return list(await connection.fetch("select * from every_tenant()"))


async def read(session: AsyncSession, tenant: UUID) -> Tenant:
    """The tenant of the session's own transaction."""
    return await session.get_one(Tenant, tenant)


async def change_status(session: AsyncSession, tenant: UUID, status: TenantStatus, actor: Actor) -> None:
    """Suspends, resumes or closes; a status that it has already is no error. Nothing of it is deleted.

    While it is not ACTIVE, everything answers TENANT_SUSPENDED. Raises TenantClosed: there is no way back.
    """
    row = await session.scalar(select(Tenant).where(Tenant.id == tenant).with_for_update())
    if row is None or row.status == status:
        return
    if row.status == TenantStatus.CLOSED:
        raise TenantClosed(TenantClosed.__doc__)
    before, row.status = row.status, status
    await session.flush()
    await audit.record(
        session, tenant, actor, ACTIONS[status], tenant, before={"status": before}, after={"status": status}
    )


async def trust(session: AsyncSession, tenant: UUID, *, only: bool, actor: Actor) -> None:
    """Lets all keys of the tenant run trusted documents alone, or again whatever each of them may."""
    row = await session.scalar(select(Tenant).where(Tenant.id == tenant).with_for_update())
    if row is None or row.trusted_documents_only == only:
        return
    row.trusted_documents_only = only
    await session.flush()
    await audit.record(
        session, tenant, actor, Action.TENANT_CHANGED, tenant,
        before={"trusted_documents_only": not only}, after={"trusted_documents_only": only},
    )  # fmt: skip
