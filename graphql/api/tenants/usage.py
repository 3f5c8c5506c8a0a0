"""Quota and usage, as the JSON that the planner reads."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from api.planner.rows import Ask
from api.scalars import write_moment
from api.tenants.enums import UsageGranularity
from tenancy.quotas import LIMITS, end_of_month


async def quota(ask: Ask) -> dict[str, Any]:
    principal = ask.context.principal
    limits = LIMITS[principal.plan]
    return {
        "burst": limits.burst,
        "per_minute": limits.per_minute,
        "per_month": limits.per_month,
        "used_this_month": await ask.context.services.quotas.used_this_month(principal.tenant),
        "resets_at": write_moment(end_of_month(datetime.now(UTC))),
    }


async def points(ask: Ask, first: date, last: date, granularity: UsageGranularity) -> list[dict[str, Any]]:
    by_day = await ask.context.services.quotas.by_day(ask.context.principal.tenant, first, last)
    periods: Counter[date] = Counter()
    for day, spent in by_day.items():
        periods[day if granularity is UsageGranularity.DAY else day.replace(day=1)] += spent
    return [{"period": period, "points": periods[period]} for period in sorted(periods)]
