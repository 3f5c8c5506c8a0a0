"""The audit log: who changed what, from where, and how it was before and after; it only grows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.models import AuditEntry
from tenancy.principals import Principal
from tenancy.sql import to_json


class ActorKind(StrEnum):
    """What kind of somebody acts."""

    KEY = "KEY"
    MEMBER = "MEMBER"
    OPERATOR = "OPERATOR"


class Action(StrEnum):
    """What was done; the value is what the log shows."""

    KEY_CREATED = "api_key.created"
    KEY_ROTATED = "api_key.rotated"
    KEY_REVOKED = "api_key.revoked"
    TENANT_CREATED = "tenant.created"
    TENANT_SUSPENDED = "tenant.suspended"
    TENANT_RESUMED = "tenant.resumed"
    TENANT_CLOSED = "tenant.closed"
    DOMAIN_LET_IN = "tenant.domain_let_in"
    DOMAIN_SHUT_OUT = "tenant.domain_shut_out"
    MEMBER_INVITED = "member.invited"
    MEMBER_JOINED = "member.joined"
    MEMBER_REMOVED = "member.removed"
    SIGNED_IN = "member.signed_in"
    SIGNED_OUT = "member.signed_out"
    TENANT_CHANGED = "tenant.changed"
    MODELS_CHANGED = "tenant.models_changed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where: `address` is an IP address, or the host of an operator's command."""

    kind: ActorKind
    name: str
    id: UUID | None = None
    address: str | None = None

    @classmethod
    def of(cls, principal: Principal, address: str | None) -> Actor:
        return cls(ActorKind(principal.kind), principal.name, principal.id, address)

    @classmethod
    def member(cls, id_: UUID, name: str, address: str | None) -> Actor:
        """Somebody who is signing in, and no principal yet."""
        return cls(ActorKind.MEMBER, name, id_, address)


async def record(
    session: AsyncSession,
    tenant: UUID,
    actor: Actor,
    action: Action,
    target: UUID,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Adds an entry to the transaction that makes the change. Put no secret into `before` and `after`."""
    session.add(
        AuditEntry(
            tenant_id=tenant,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            address=actor.address,
            action=action,
            target_id=target,
            before=plain(before),
            after=plain(after),
        )
    )
    await session.flush()


def plain(values: dict[str, Any] | None) -> Any:
    """JSON values: moments and ids as texts."""
    return None if values is None else orjson.loads(to_json(values))
