"""Who is asking, and the answers to those who may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tenancy.restrictions import Restrictions
from tenancy.scopes import Scope


class PrincipalKind(StrEnum):
    """What a principal's id is the id of."""

    KEY = "KEY"
    MEMBER = "MEMBER"


@dataclass(frozen=True, slots=True)
class Principal:
    """A key or a member of a tenant, with what it may do. Plans are cached by its scopes.

    `expires_at` is when a key ends, and for a member when the session or the token does.
    """

    tenant: UUID
    tenant_slug: str
    plan: str
    id: UUID
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    restrictions: Restrictions = field(default=Restrictions())
    kind: PrincipalKind = PrincipalKind.KEY
    trusted_documents_only: bool = False  # of the key or of its tenant


class Unauthenticated(Exception):
    """Nothing to know the caller by, or nothing that works. The message says which, but never whether
    a key exists."""


class TenantSuspended(Exception):
    """This tenant is suspended or closed: nothing is lost. Ask your operator to resume it."""
