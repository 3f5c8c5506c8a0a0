"""Signing in without a provider, in development: a demo key vouches for a member of its own."""

from __future__ import annotations

from contextlib import suppress

from app.settings import DEMO
from tenancy import members
from tenancy.audit import Actor, ActorKind
from tenancy.database import Database
from tenancy.joining import Identity
from tenancy.members import MemberExists
from tenancy.principals import Principal, Unauthenticated
from tenancy.scopes import Role

PREFIX = "rap_demo_"
ROLES = {role.scopes: role for role in (Role.OWNER, Role.ANALYST, Role.VIEWER)}


async def by_demo_key(database: Database, principal: Principal, key: str) -> Identity:
    """The member of a demo key, made at its first use; no other key signs anybody in.

    Raises Unauthenticated.
    """
    role = ROLES.get(principal.scopes)
    if not key.startswith(PREFIX) or role is None:
        raise Unauthenticated("Only the demo keys that `up` prints sign people in.")
    identity = Identity(DEMO, str(principal.id), name=principal.name)
    async with database.transaction(principal.tenant) as session:
        with suppress(MemberExists):
            await members.invite(
                session,
                principal.tenant,
                DEMO,
                role,
                Actor(ActorKind.OPERATOR, "demo"),
                subject=identity.subject,
                name=principal.name,
            )
    return identity
