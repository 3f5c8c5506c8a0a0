"""The domains whose people may join a tenant uninvited."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import audit
from tenancy.audit import Action, Actor
from tenancy.members import InvalidMember, MemberNotFound
from tenancy.models import SignInDomain
from tenancy.scopes import Role

DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")


async def let_in(
    session: AsyncSession, tenant: UUID, provider: str, domain: str, role: Role, actor: Actor
) -> None:
    """Whoever has a verified e-mail address in `domain` at `provider` joins with `role` from now on.

    Raises InvalidMember. Check that the domain is the tenant's own: nobody else does.
    """
    domain = domain.strip().lower()
    if not DOMAIN.fullmatch(domain):
        raise InvalidMember("domain", f"{domain[:80]!r} is no domain: write northside.example.")
    if role is Role.OWNER:
        raise InvalidMember("role", "A domain can't make owners: invite them by name.")
    row = await session.merge(SignInDomain(tenant_id=tenant, provider=provider, domain=domain, role=role))
    await session.flush()
    after = {"provider": row.provider, "domain": row.domain, "role": row.role}
    await audit.record(session, tenant, actor, Action.DOMAIN_LET_IN, tenant, after=after)


async def shut_out(session: AsyncSession, tenant: UUID, provider: str, domain: str, actor: Actor) -> None:
    """Nobody joins by this domain any more; who has joined stays. Raises MemberNotFound."""
    row = await session.get(SignInDomain, (tenant, provider, domain.strip().lower()))
    if row is None:
        raise MemberNotFound("The tenant does not let this domain in.")
    before = {"provider": row.provider, "domain": row.domain, "role": row.role}
    await session.delete(row)
    await session.flush()
    await audit.record(session, tenant, actor, Action.DOMAIN_SHUT_OUT, tenant, before=before)
