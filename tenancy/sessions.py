"""What a member's browser is known by: opened at sign-in, ended at any moment from here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import audit
from tenancy.audit import Action, Actor
from tenancy.database import Database
from tenancy.joining import Identity
from tenancy.members import known_as
from tenancy.models import Member, Session

LIFETIME = timedelta(hours=12)  # a working day; then the provider is asked again


@dataclass(frozen=True, slots=True)
class Opened:
    """`token` is what the cookie carries: 256 random bits, of which the database has the SHA-256 alone."""

    tenant: UUID
    member: UUID
    token: str = field(repr=False)
    expires_at: datetime


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def open_(session: AsyncSession, member: Member, identity: Identity, address: str | None) -> Opened:
    """A new session of a member who has just proven who they are, in the transaction that says so."""
    now, token = datetime.now(UTC), secrets.token_urlsafe(32)
    mine = (Session.tenant_id == member.tenant_id, Session.member_id == member.id)
    await session.execute(delete(Session).where(*mine, Session.expires_at < now))
    session.add(
        Session(
            tenant_id=member.tenant_id,
            member_id=member.id,
            token_hash=hashed(token),
            provider_session=identity.session,
            expires_at=now + LIFETIME,
        )
    )
    actor = Actor.member(member.id, known_as(member), address)
    await audit.record(session, member.tenant_id, actor, Action.SIGNED_IN, member.id)
    return Opened(member.tenant_id, member.id, token, now + LIFETIME)


async def end(database: Database, token: str, address: str | None) -> tuple[UUID, UUID] | None:
    """Ends the session of a cookie, and says whose it was: tenant and member. None where there is none."""
    async with database.unpinned() as connection:
        row = await connection.fetchrow("select * from authenticate_session($1)", hashed(token))
    if row is None:
        return None
    tenant: UUID = row["tenant_id"]
    async with database.transaction(tenant) as session:
        found = await session.scalar(
            select(Session).where(Session.tenant_id == tenant, Session.token_hash == hashed(token))
        )
        if found is not None:
            found.ended_at = datetime.now(UTC)
        actor = Actor.member(row["id"], row["name"], address)
        await audit.record(session, tenant, actor, Action.SIGNED_OUT, row["id"])
    return tenant, row["id"]


async def end_at_provider(
    database: Database, provider: str, subject: str | None, session_id: str | None
) -> set[tuple[UUID, UUID]]:
    """Ends what a provider says is over, in whichever tenants: the session named, or all of a subject.

    Says whose they were: tenants and members.
    """
    async with database.unpinned() as connection:
        rows = await connection.fetch(
            "select * from sessions_at_provider($1, $2, $3)", provider, subject, session_id
        )
    for row in rows:
        async with database.transaction(row["tenant_id"]) as session:
            found = await session.get(Session, (row["tenant_id"], row["id"]))
            if found is not None:
                found.ended_at = datetime.now(UTC)
            actor = Actor.member(row["member_id"], provider, None)
            await audit.record(
                session, row["tenant_id"], actor, Action.SIGNED_OUT, row["member_id"],
                after={"by": f"the provider {provider}"},
            )  # fmt: skip
    return {(row["tenant_id"], row["member_id"]) for row in rows}
