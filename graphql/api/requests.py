"""Who sends a request, from where; and from a principal to the context of one operation, paid for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.context import Context, Services
from api.cost import Estimate
from tenancy.principals import Principal
from tenancy.restrictions import Caller

MAX_NAME = 100  # characters of an operation's name that usage is counted by
# __Host-: browsers take it over https from this very host alone, and no subdomain can set it.
SESSION_COOKIE = "__Host-rap_session"
TENANT_HEADER = "rap-tenant"

# Charges the points and gives the context; raises tenancy.quotas.QuotaExceeded or QuotaUnavailable.
OpenContext = Callable[[Principal, Estimate], Awaitable[Context]]


class CrossSiteRequest(PermissionError):
    """A page of another site sent this with your session's cookie. Send an Authorization header instead."""


def opener(services: Services) -> OpenContext:
    async def open_context(principal: Principal, estimate: Estimate) -> Context:
        # A name is the caller's own text: no more of it than a table should hold.
        operation = estimate.operation[:MAX_NAME]
        charge = await services.quotas.charge(principal, estimate.requested, operation)
        return Context(principal, services, charge, estimate)

    return open_context


def caller(connection: HTTPConnection[Any]) -> Caller:
    """Behind a proxy the address is that of X-Forwarded-For, where uvicorn trusts the proxy
    (FORWARDED_ALLOW_IPS)."""
    # Most headers are not there, and Starlette looks through all of them for each.
    client, headers = connection.scope.get("client"), dict(connection.scope["headers"])
    origin, tenant = headers.get(b"origin"), headers.get(TENANT_HEADER.encode())
    return Caller(
        client[0] if client else None,
        origin and origin.decode("latin-1"),
        tenant and tenant.decode("latin-1"),
    )


def credentials(connection: HTTPConnection[Any]) -> str | None:
    """The Authorization header, or else the session of the browser, as tenancy.authentication reads them.

    Raises CrossSiteRequest where a cookie comes with what our own pages did not send.
    """
    header = connection.headers.get("authorization")
    if header is not None:
        return header
    if SESSION_COOKIE not in connection.headers.get("cookie", ""):  # most have none: nothing is parsed
        return None
    session = connection.cookies.get(SESSION_COOKIE)
    if session is None:
        return None
    check_same_origin(connection)
    return f"Session {session}"


def check_same_origin(connection: HTTPConnection[Any]) -> None:
    """Raises CrossSiteRequest unless the browser says that one of our own pages, or a person, sent this.

    Fetch metadata where there is any (https://www.w3.org/TR/fetch-metadata/), else the Origin: no page
    can set either. What has neither is no browser, and has no business with a cookie.
    """
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is not None:
        # `none`: typed or bookmarked, which is a person's own doing; but it is no way to act.
        welcome = site == "same-origin" or (site == "none" and connection.scope.get("method") == "GET")
    else:
        welcome = origin is not None and is_own(connection, origin)
    if not welcome:
        raise CrossSiteRequest(" ".join((CrossSiteRequest.__doc__ or "").split()))


def is_own(connection: HTTPConnection[Any], origin: str) -> bool:
    """Whether an origin is the host that this request was sent to."""
    try:
        return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower() != ""
    except ValueError:
        return False
