"""From a principal to the context of one operation, paid for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from api.context import Context, Services
from api.cost import Estimate
from tenancy.principals import Principal
from tenancy.restrictions import Caller

MAX_NAME = 100  # characters of an operation's name that usage is counted by

# Charges the points and gives the context; raises tenancy.quotas.QuotaExceeded or QuotaUnavailable.
OpenContext = Callable[[Principal, Estimate], Awaitable[Context]]


def opener(services: Services) -> OpenContext:
    async def open_context(principal: Principal, estimate: Estimate) -> Context:
        # A name is the caller's own text: no more of it than a table should hold.
        operation = estimate.operation[:MAX_NAME]
        charge = await services.quotas.charge(principal, estimate.requested, operation)
        return Context(principal, services, charge, estimate)

    return open_context


def caller(connection: HTTPConnection) -> Caller:
    """Behind a proxy the address is that of X-Forwarded-For, where uvicorn trusts the proxy
    (FORWARDED_ALLOW_IPS)."""
    client = connection.client
    return Caller(client.host if client is not None else None, connection.headers.get("origin"))
