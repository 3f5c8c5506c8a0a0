"""Creating, listing and revoking a tenant's API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import key_format
from tenancy.models import ApiKey
from tenancy.scopes import Scope


class ApiKeyNotFound(LookupError):
    """There is no such API key."""


class ScopeExceeded(PermissionError):
    """A key can't give more than its creator has; `missing` lists what that is."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"A key can't give more than its creator has: {', '.join(missing)}.")
        self.missing = tuple(missing)


async def create(
    session: AsyncSession,
    tenant: UUID,
    name: str,
    scopes: frozenset[Scope],
    *,
    environment: key_format.Environment = "live",
    expires_at: datetime | None = None,
    creator: frozenset[Scope] | None = None,
) -> tuple[ApiKey, key_format.KeyText]:
    """The stored key and its text, which is shown here and never again.

    `creator` holds the scopes of the principal who asks; None is an operator. Raises ScopeExceeded.
    """
    if creator is not None and not scopes <= creator:
        raise ScopeExceeded(sorted(scopes - creator))
    secret = key_format.generate(environment)
    key = ApiKey(
        tenant_id=tenant,
        key_id=secret.key_id,
        secret_hash=secret.secret_hash,
        prefix=secret.prefix,
        name=name,
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    session.add(key)
    await session.flush()
    return key, secret


async def all_of(session: AsyncSession, tenant: UUID) -> Sequence[ApiKey]:
    """Every key of the tenant, revoked ones too, oldest first."""
    query = select(ApiKey).where(ApiKey.tenant_id == tenant).order_by(ApiKey.created_at, ApiKey.id)
    return (await session.scalars(query)).all()


async def revoke(session: AsyncSession, tenant: UUID, key: UUID | str) -> UUID:
    """By id, or by the prefix that a listing shows; revoking twice is no error. Raises ApiKeyNotFound."""
    named = ApiKey.id == key if isinstance(key, UUID) else or_(ApiKey.prefix == key, ApiKey.key_id == key)
    revoked = await session.execute(
        update(ApiKey)
        .where(ApiKey.tenant_id == tenant, named)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, func.now()))
        .returning(ApiKey.id)
    )
    found: UUID | None = revoked.scalar_one_or_none()
    if found is None:
        raise ApiKeyNotFound("There is no such API key. List them: rap-analyzer keys list")
    return found
