"""Who is asking, and the answers to those who may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tenancy.restrictions import Restrictions
from tenancy.scopes import Scope


@dataclass(frozen=True, slots=True)
class Principal:
    """A key of a tenant, with what it may do. Equal principals share cached plans by their scopes."""

    tenant: UUID
    tenant_slug: str
    plan: str
    key: UUID
    key_name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    restrictions: Restrictions = field(default=Restrictions())


class Unauthenticated(Exception):
    """No key, or not one that works. The message says which, but never whether a key exists."""


class TenantSuspended(Exception):
    """This tenant is suspended or closed: nothing is lost. Ask your operator to resume it."""
