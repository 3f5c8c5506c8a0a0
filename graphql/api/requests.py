"""From a principal to the context of one operation, paid for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from api.context import Context, Services
from tenancy.principals import Principal
from tenancy.restrictions import Caller

# Charges the points and gives the context; raises tenancy.quotas.QuotaExceeded.
OpenContext = Callable[[Principal, int], Awaitable[Context]]


def opener(services: Services) -> OpenContext:
    async def open_context(principal: Principal, cost: int) -> Context:
        return Context(principal, services, await services.quotas.charge(principal, cost))

    return open_context


def caller(connection: HTTPConnection) -> Caller:
    """Behind a proxy the address is that of X-Forwarded-For, where uvicorn trusts the proxy
    (FORWARDED_ALLOW_IPS)."""
    client = connection.client
    return Caller(client.host if client is not None else None, connection.headers.get("origin"))
