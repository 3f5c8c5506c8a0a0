"""Joining a tenant at sign-in: as a member, by an invitation, or by the domain of one's address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import audit
from tenancy.audit import Action, Actor
from tenancy.members import INVITATION, known_as, shown
from tenancy.models import Member, SignInDomain


class NotInvited(PermissionError):
    """You are not a member of this tenant, nor invited. Ask one of its admins for an invitation."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider vouches for. `email` is lower-case, and None unless the provider has verified it."""

    provider: str
    subject: str
    email: str | None = None
    name: str | None = None
    session: str | None = None


async def join(session: AsyncSession, tenant: UUID, identity: Identity, address: str | None) -> Member:
    """The member whom this identity signs in as: one who is, who was invited, or whose domain is let in.

    Raises NotInvited.
    """
    # A second callback of the same person waits for the first, which may be creating them.
    same = func.hashtextextended(f"{tenant}:{identity.provider}:{identity.subject}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(same)))
    mine = [Member.subject == identity.subject]
    if identity.email is not None:
        mine.append(Member.email == identity.email)
    found = (
        await session.scalars(
            select(Member)
            .where(Member.tenant_id == tenant, Member.provider == identity.provider, or_(*mine))
            .order_by(Member.subject.is_(None))  # whom we know comes before what was invited
            .with_for_update()
        )
    ).all()
    now = datetime.now(UTC)
    member = found[0] if found else None
    if member is None:
        member = await from_domain(session, tenant, identity)
    elif member.removed_at is not None or member.subject not in (None, identity.subject):
        raise NotInvited(NotInvited.__doc__)
    elif member.subject is None and member.invited_at + INVITATION <= now:
        raise NotInvited("Your invitation has expired. Ask an admin of the tenant for another one.")
    if member.subject is None:
        member.subject, member.joined_at = identity.subject, now
        member.name = identity.name or member.name
        await session.flush()
        actor = Actor.member(member.id, known_as(member), address)
        await audit.record(session, tenant, actor, Action.MEMBER_JOINED, member.id, after=shown(member))
    member.last_signed_in_at = now
    await session.flush()
    return member


async def from_domain(session: AsyncSession, tenant: UUID, identity: Identity) -> Member:
    """A new member whose e-mail address is in a domain of the tenant's. Raises NotInvited."""
    domain = (identity.email or "").rpartition("@")[2]
    row = await session.get(SignInDomain, (tenant, identity.provider, domain))
    if row is None:
        raise NotInvited(NotInvited.__doc__)
    member = Member(
        tenant_id=tenant, provider=identity.provider, email=identity.email, name=identity.name, role=row.role
    )
    session.add(member)
    await session.flush()
    return member
