"""From a principal to the context of one operation, paid for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from api.context import Context, Services
from tenancy.principals import Principal

# Charges the points and gives the context; raises tenancy.quotas.QuotaExceeded.
OpenContext = Callable[[Principal, int], Awaitable[Context]]


def opener(services: Services) -> OpenContext:
    async def open_context(principal: Principal, cost: int) -> Context:
        return Context(principal, services, await services.quotas.charge(principal, cost))

    return open_context
