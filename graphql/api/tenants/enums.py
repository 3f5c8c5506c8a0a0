"""Enums of tenants, as the database stores them: by name."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import strawberry

from tenancy import audit, models, scopes

Plan: TypeAlias = models.Plan
TenantStatus: TypeAlias = models.TenantStatus
ActorKind: TypeAlias = audit.ActorKind
Role: TypeAlias = scopes.Role
strawberry.enum(models.Plan, description="What a tenant pays for.")
strawberry.enum(audit.ActorKind, description="What kind of somebody acts.")
strawberry.enum(scopes.Role, description="What a member may do: an owner and an admin all, a viewer read.")
strawberry.enum(models.TenantStatus, description="Whether a tenant can be used.")


@strawberry.enum(description="How long a period of usage is.")
class UsageGranularity(Enum):
    DAY = strawberry.enum_value("DAY", description="A day, UTC.")
    MONTH = strawberry.enum_value("MONTH", description="A calendar month, UTC.")
