"""Creating, listing, rotating and revoking a tenant's API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy import audit, key_format
from tenancy.audit import Action, Actor
from tenancy.models import ApiKey
from tenancy.names import checked
from tenancy.principals import Principal, PrincipalKind
from tenancy.restrictions import Restrictions
from tenancy.scopes import Scope

GRACE = timedelta(days=1)  # in which a rotated key goes on working, unless told otherwise
MAX_GRACE = timedelta(days=30)
SHOWN = (
    "name", "prefix", "scopes", "expires_at", "revoked_at", "allowed_networks", "allowed_origins",
    "trusted_documents_only",
)  # fmt: skip
NOWHERE = Restrictions()


class ApiKeyNotFound(LookupError):
    """There is no such API key."""


class ApiKeyEnded(ValueError):
    """The key is revoked, expired or rotated already. Create a new one."""


class ScopeExceeded(PermissionError):
    """Nobody can give a key or a member more than they have; `missing` lists what that is."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"You can't give more than you have, which is without {', '.join(missing)}.")
        self.missing = tuple(missing)


class ExpiryExceeded(PermissionError):
    """A key can't outlive its creator: it has to expire no later than the key that creates it."""


async def create(
    session: AsyncSession,
    tenant: UUID,
    name: str,
    scopes: frozenset[Scope],
    actor: Actor,
    *,
    environment: key_format.Environment = "live",
    expires_at: datetime | None = None,
    restrictions: Restrictions = NOWHERE,
    trusted_documents_only: bool = False,
    creator: Principal | None = None,
) -> tuple[ApiKey, key_format.KeyText]:
    """The stored key and its text, which is shown here and never again.

    `creator` is the principal who asks, and bounds what the key may do; None is an operator. Without
    an `expires_at` it ends when the key that creates it does. A key that runs trusted documents alone
    makes its like. Raises InvalidName, ScopeExceeded or ExpiryExceeded.
    """
    if creator is not None:
        check_scopes(scopes, creator)
        # A member's session ends with the day, and the keys that they make need not.
        last = creator.expires_at if creator.kind is PrincipalKind.KEY else None
        expires_at = expires_at or last
        if last is not None and expires_at is not None and expires_at > last:
            raise ExpiryExceeded(" ".join((ExpiryExceeded.__doc__ or "").split()))
        # The key's own setting: that of the tenant binds the new key as long as it holds.
        own = await session.get(ApiKey, (tenant, creator.id))
        trusted_documents_only = trusted_documents_only or (own is not None and own.trusted_documents_only)
    key, secret = new_key(tenant, checked(name), scopes, environment, expires_at, restrictions)
    key.trusted_documents_only = trusted_documents_only
    session.add(key)
    await session.flush()
    await audit.record(session, tenant, actor, Action.KEY_CREATED, key.id, after=shown(key))
    return key, secret


async def all_of(session: AsyncSession, tenant: UUID) -> Sequence[ApiKey]:
    """Every key of the tenant, revoked ones too, oldest first."""
    query = select(ApiKey).where(ApiKey.tenant_id == tenant).order_by(ApiKey.created_at, ApiKey.id)
    return (await session.scalars(query)).all()


async def rotate(
    session: AsyncSession,
    tenant: UUID,
    key: UUID | str,
    actor: Actor,
    *,
    grace: timedelta = GRACE,
    creator: Principal | None = None,
) -> tuple[ApiKey, ApiKey, key_format.KeyText]:
    """The old key, the new one that takes its place, and the new one's text.

    The new key may do what the old one may, until the same end; the old one works on for `grace`, but
    never beyond its own end. Raises ApiKeyNotFound, ApiKeyEnded, or ScopeExceeded where the old key
    may do more than `creator`.
    """
    old = await locked(session, tenant, key)
    now = datetime.now(UTC)
    ended = old.expires_at is not None and old.expires_at <= now
    if ended or old.revoked_at is not None or old.replaced_by is not None:
        raise ApiKeyEnded(ApiKeyEnded.__doc__)
    scopes = frozenset(map(Scope, old.scopes))
    if creator is not None:
        check_scopes(scopes, creator)
    before = shown(old)
    restrictions = Restrictions.parse(old.allowed_networks, old.allowed_origins)
    environment: key_format.Environment = "demo" if old.prefix.startswith("rap_demo_") else "live"
    new, secret = new_key(tenant, old.name, scopes, environment, old.expires_at, restrictions)
    new.trusted_documents_only = old.trusted_documents_only
    session.add(new)
    await session.flush()
    old.replaced_by = new.id
    old.expires_at = min(now + grace, old.expires_at) if old.expires_at is not None else now + grace
    await session.flush()
    await audit.record(
        session, tenant, actor, Action.KEY_ROTATED, old.id,
        before=before, after=shown(old) | {"replaced_by": new.id, "replacement": shown(new)},
    )  # fmt: skip
    return old, new, secret


async def revoke(session: AsyncSession, tenant: UUID, key: UUID | str, actor: Actor) -> UUID:
    """By id, or by the prefix that a listing shows; revoking twice is no error. Raises ApiKeyNotFound."""
    found = await locked(session, tenant, key)
    if found.revoked_at is None:
        before = shown(found)
        found.revoked_at = datetime.now(UTC)
        await session.flush()
        await audit.record(
            session, tenant, actor, Action.KEY_REVOKED, found.id, before=before, after=shown(found)
        )
    return found.id


async def locked(session: AsyncSession, tenant: UUID, key: UUID | str) -> ApiKey:
    """The key, unchanged by others until the transaction ends. Raises ApiKeyNotFound."""
    named = ApiKey.id == key if isinstance(key, UUID) else or_(ApiKey.prefix == key, ApiKey.key_id == key)
    found = await session.scalar(select(ApiKey).where(ApiKey.tenant_id == tenant, named).with_for_update())
    if found is None:
        raise ApiKeyNotFound("There is no such API key. A list of the tenant's keys shows which there are.")
    return found


def new_key(
    tenant: UUID,
    name: str,
    scopes: frozenset[Scope],
    environment: key_format.Environment,
    expires_at: datetime | None,
    restrictions: Restrictions,
) -> tuple[ApiKey, key_format.KeyText]:
    secret = key_format.generate(environment)
    key = ApiKey(
        tenant_id=tenant,
        key_id=secret.key_id,
        secret_hash=secret.secret_hash,
        prefix=secret.prefix,
        name=name,
        scopes=sorted(scopes),
        expires_at=expires_at,
        **restrictions.texts,
    )
    return key, secret


def check_scopes(scopes: frozenset[Scope], creator: Principal) -> None:
    if not scopes <= creator.scopes:
        raise ScopeExceeded(sorted(scopes - creator.scopes))


def shown(key: ApiKey) -> dict[str, Any]:
    """What the audit log keeps of a key: nothing that would let anybody in."""
    return {name: getattr(key, name) for name in SHOWN}
