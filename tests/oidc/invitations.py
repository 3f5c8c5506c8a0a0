"""Tenants that have invited somebody, and addresses changed on the way."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID, uuid4

from app.provision import SETUP
from tenancy import members, tenants
from tenancy.database import Database
from tenancy.scopes import Role
from tests.builders import new_tenant
from tests.oidc.browser import parameters

VIEWER = "{ viewer { principal scopes apiKey { id } tenant { slug } member { email role joinedAt } } }"
LOG = "{ viewer { tenant { auditLog(first: 10) { nodes { action actorKind actor target after } } } } }"


async def slug_of(database: Database, tenant: object) -> str:
    rows = [row for row in await tenants.every(database) if row["id"] == tenant]
    return str(rows[0]["slug"])


async def invited(
    database: Database, email: str, role: Role = Role.ADMIN, provider: str = "okta"
) -> tuple[UUID, str]:
    """A new tenant that has invited somebody: its id and its slug."""
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        await members.invite(session, tenant, provider, role, SETUP, email=email)
    return tenant, await slug_of(database, tenant)


def somebody() -> str:
    return f"ada-{uuid4().hex[:8]}@northside.example"


def changed(url: str, **values: str | None) -> str:
    """The address with other parameters; None leaves one out."""
    given = {name: value for name, value in {**parameters(url), **values}.items() if value is not None}
    return urlunsplit(urlsplit(url)._replace(query=urlencode(given)))


def issuer_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
