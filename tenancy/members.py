"""Who belongs to a tenant: inviting and removing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import audit
from tenancy.api_keys import check_scopes
from tenancy.audit import Action, Actor
from tenancy.models import Member, Session
from tenancy.names import checked
from tenancy.principals import Principal
from tenancy.scopes import Role

INVITATION = timedelta(days=14)  # in which an invitation can be accepted; the gate's function knows it too
EMAIL = re.compile(r"[^@\s]{1,64}@[a-z0-9.-]{1,185}\.[a-z0-9-]{2,63}")
SHOWN = ("provider", "email", "subject", "name", "role", "removed_at")


class InvalidMember(ValueError):
    """A member that can't be invited; `field` says what of it is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class MemberExists(ValueError):
    """They are a member already. Remove them first to invite them with another role."""


class MemberNotFound(LookupError):
    """There is no such member."""


class OwnersOnly(PermissionError):
    """Only an owner can make somebody an owner, or remove one."""


class LastOwner(ValueError):
    """A tenant keeps at least one owner. Invite another one first."""


async def invite(
    session: AsyncSession,
    tenant: UUID,
    provider: str,
    role: Role,
    actor: Actor,
    *,
    email: str | None = None,
    subject: str | None = None,
    name: str | None = None,
    inviter: Principal | None = None,
) -> Member:
    """A person by `email`, who joins at the first sign-in, or a program by the `subject` of its tokens.

    `inviter` is the principal who asks, and bounds what the role may do; None is an operator. Raises
    InvalidMember, InvalidName, MemberExists, OwnersOnly or ScopeExceeded.
    """
    if inviter is not None:
        check_scopes(role.scopes, inviter)
    if (email is None) == (subject is None):
        raise InvalidMember("email", "Give an e-mail address for a person, or a subject for a program.")
    if email is not None:
        email = checked_email(email)
    if subject is not None and not (0 < len(subject) <= 255 and subject.isprintable()):
        raise InvalidMember("subject", "A subject has 1 to 255 printable characters.")
    if role is Role.OWNER and inviter is not None:
        check_owner(inviter, await owners(session, tenant))
    same = Member.email == email if email is not None else Member.subject == subject
    member = await session.scalar(
        select(Member).where(Member.tenant_id == tenant, Member.provider == provider, same).with_for_update()
    )
    now = datetime.now(UTC)
    if member is None:
        member = Member(tenant_id=tenant, provider=provider, email=email)
        session.add(member)
    elif member.removed_at is None and (member.joined_at or member.invited_at + INVITATION > now):
        raise MemberExists(MemberExists.__doc__)
    member.role, member.name = role, checked(name) if name else None
    member.subject, member.joined_at = subject, now if subject is not None else None
    member.invited_at, member.removed_at = now, None
    try:
        await session.flush()
    except IntegrityError as error:  # somebody else has invited them meanwhile
        raise MemberExists(MemberExists.__doc__) from error
    await audit.record(session, tenant, actor, Action.MEMBER_INVITED, member.id, after=shown(member))
    return member


async def remove(
    session: AsyncSession, tenant: UUID, member: UUID, actor: Actor, *, remover: Principal | None = None
) -> UUID:
    """Ends a membership or an invitation; removing twice is no error. Sessions end with it.

    `remover` is the principal who asks, None an operator. Raises MemberNotFound, OwnersOnly or LastOwner.
    """
    there = await owners(session, tenant)  # first: whoever removes somebody locks them in the same order
    found = await session.scalar(
        select(Member).where(Member.tenant_id == tenant, Member.id == member).with_for_update()
    )
    if found is None:
        raise MemberNotFound("There is no such member. A list of the tenant's members shows who there is.")
    if found.removed_at is not None:
        return found.id
    if found.role == Role.OWNER:
        if remover is not None:
            check_owner(remover, there)
        if there == [found.id]:
            raise LastOwner(LastOwner.__doc__)
    before, found.removed_at = shown(found), datetime.now(UTC)
    # Gone for good: whoever is invited again signs in again.
    await session.execute(delete(Session).where(Session.tenant_id == tenant, Session.member_id == found.id))
    await session.flush()
    await audit.record(
        session, tenant, actor, Action.MEMBER_REMOVED, found.id, before=before, after=shown(found)
    )
    return found.id


def check_owner(principal: Principal, there: Sequence[UUID]) -> None:
    """Raises OwnersOnly unless this is one of the owners; a key is none."""
    if principal.id not in there:
        raise OwnersOnly(OwnersOnly.__doc__)


async def owners(session: AsyncSession, tenant: UUID) -> list[UUID]:
    """Those who have joined, locked: two of them can't remove each other at once."""
    query = select(Member.id).where(
        Member.tenant_id == tenant,
        Member.role == Role.OWNER,
        Member.removed_at.is_(None),
        Member.joined_at.is_not(None),
    )
    return list(await session.scalars(query.order_by(Member.id).with_for_update()))


async def all_of(session: AsyncSession, tenant: UUID) -> Sequence[Member]:
    """Members and invitations, oldest first, without those who were removed."""
    query = select(Member).where(Member.tenant_id == tenant, Member.removed_at.is_(None))
    return (await session.scalars(query.order_by(Member.invited_at, Member.id))).all()


def checked_email(text: str) -> str:
    """Lower-case, as addresses are compared. Raises InvalidMember."""
    email = text.strip().lower()
    if not EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidMember("email", f"{text[:80]!r} is no e-mail address: write ada@northside.example.")
    return email


def known_as(member: Member) -> str:
    return member.name or member.email or member.subject or ""


def shown(member: Member) -> dict[str, Any]:
    """What the audit log keeps of a member."""
    return {name: getattr(member, name) for name in SHOWN}
