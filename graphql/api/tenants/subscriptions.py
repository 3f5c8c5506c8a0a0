"""Watching what is spent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import strawberry

from api.analysis.subscriptions import After, Event
from api.context import Info
from api.errors import InvalidArgument
from api.mutations import subscription
from tenancy.quotas import LIMITS
from tenancy.scopes import Scope

EVERY_SECONDS = 1.0


@strawberry.type(description="What the tenant has spent.")
class UsageEvent(Event):
    used: int = strawberry.field(description="Points spent this month.")
    limit: int = strawberry.field(description="Points a month.")


@strawberry.type
class TenantSubscriptions:
    @subscription(Scope.USAGE_READ)
    async def usage_events(self, info: Info, after: After = None) -> AsyncIterator[UsageEvent]:
        """The month's points, now and whenever they change, at most once a second."""
        # A cursor is the month and its points: the newest state says all that older ones said.
        after = info.context.last_event_id or after
        principal, quotas = info.context.principal, info.context.services.quotas
        if after is not None and not all(part.isdecimal() for part in after.split("-", 1)):
            raise InvalidArgument("This cursor is not one of ours: use the cursors that events gave you.")
        seen = after
        while True:
            now = datetime.now(UTC)
            used = await quotas.used_this_month(principal.tenant)
            cursor = f"{now:%Y%m}-{used}"
            if cursor != seen:
                seen = cursor
                yield UsageEvent(cursor=cursor, at=now, used=used, limit=LIMITS[principal.plan].per_month)
            await asyncio.sleep(EVERY_SECONDS)
