"""Who asks, and where the tenant stands."""

from __future__ import annotations

from typing import Any

import strawberry

from api.planner.fields import Asking, computed
from api.scalars import write_moment
from api.tenants.types import RateLimit, Viewer
from tenancy.principals import PrincipalKind


@strawberry.type
class TenantQueries:
    @computed(Viewer)
    def viewer(ask: Asking) -> Any:
        """Who you are, and what you may do."""
        principal = ask.context.principal
        is_key = principal.kind is PrincipalKind.KEY
        return {
            "tenant": {"id": principal.tenant},
            "principal": principal.name,
            "scopes": sorted(principal.scopes),
            "api_key": {"id": principal.id} if is_key else None,
            "member": None if is_key else {"id": principal.id},
        }

    @computed(RateLimit)
    def rate_limit(ask: Asking) -> Any:
        """Where the tenant stands after this very request."""
        charge = ask.context.charge
        return {
            "cost": charge.cost,
            "limit": charge.limit,
            "remaining": charge.remaining,
            "resets_at": write_moment(charge.resets_at),
        }
