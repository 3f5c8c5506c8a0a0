"""Who asks, and where the tenant stands."""

from __future__ import annotations

from typing import Any

import strawberry

from api.planner.fields import Asking, computed
from api.scalars import write_moment
from api.tenants.types import RateLimit, Viewer


@strawberry.type
class TenantQueries:
    @computed(Viewer)
    def viewer(ask: Asking) -> Any:
        """Who your key is, and what it may do."""
        principal = ask.context.principal
        return {
            "tenant": {"id": principal.tenant},
            "principal": principal.key_name,
            "scopes": sorted(principal.scopes),
            "api_key": {"id": principal.key},
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
