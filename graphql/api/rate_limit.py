"""Where a caller stands, as header fields: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

from api.scalars import write_moment
from tenancy.limits import Charge, Limits

# Quotas are in points, not in requests, which is what the draft takes for granted.
UNIT = "points"


def headers(standing: Charge) -> dict[str, str]:
    """RateLimit-Policy lists the limits, RateLimit says what is left of the nearest: structured fields."""
    name, left, seconds = standing.nearest
    return {
        "RateLimit-Policy": policies(standing.limits, standing.at.year, standing.at.month),
        "RateLimit": f'"{name}";r={max(0, left)};t={seconds}',
    }


def cost(standing: Charge, given_back: int = 0) -> dict[str, Any]:
    """`extensions.cost` of a response: its points, less what was given back, and where the minute stands."""
    told: dict[str, Any] = {
        "requested": standing.cost,
        "actual": standing.cost - given_back,
        "remaining": standing.remaining,
        "limit": standing.limit,
        "resetsAt": resets_at(standing.at, standing.minute_wait),
    }
    return told | {"degraded": True} if standing.degraded else told


@lru_cache(maxsize=1024)  # what is paid from one purse has one `at`
def resets_at(at: datetime, minute_wait: int) -> str:
    return write_moment(at + timedelta(milliseconds=minute_wait))


@lru_cache(maxsize=64)
def policies(limits: Limits, year: int, month: int) -> str:
    """`q` points in `w` seconds."""
    days = monthrange(year, month)[1]
    each = (
        ("burst", limits.burst, ceil(limits.burst / limits.refill)),
        ("minute", limits.per_minute, 60),
        ("month", limits.per_month, days * 86400),
    )
    return ", ".join(f'"{name}";q={points};w={window};qu="{UNIT}"' for name, points, window in each)
