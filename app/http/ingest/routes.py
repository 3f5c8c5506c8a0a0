"""Who may send a stream of songs, and in which form."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api import rate_limit
from api.cost import BASE
from api.errors import Forbidden
from api.failures import errors_of
from api.request_body import BadRequest
from api.requests import CrossSiteRequest, caller, credentials
from api.watch import Watch
from app.http.ingest.answers import failed
from app.http.ingest.body import Body
from app.http.ingest.stream import OPERATION, IngestStream
from app.importers.loading import Loader
from app.lifespan import State
from tenancy.oidc.providers import ProviderUnavailable
from tenancy.principals import Principal, TenantSuspended, Unauthenticated
from tenancy.quotas import QuotaExceeded, QuotaUnavailable
from tenancy.restrictions import CallerRefused
from tenancy.scopes import Scope
from tenancy.seats import Full, Seats

MEDIA_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines")
ENCODINGS = ("identity", "gzip")
STREAMS = 4  # of one tenant at a time, in each process
STATUSES: dict[type[Exception], int] = {
    Unauthenticated: 401,
    TenantSuspended: 403,
    CallerRefused: 403,
    CrossSiteRequest: 403,
    Forbidden: 403,
    Full: 429,
    QuotaExceeded: 429,
    QuotaUnavailable: 503,
    ProviderUnavailable: 503,
}


def ingest_routes() -> list[BaseRoute]:
    seats = Seats("streams of songs", STREAMS)

    async def ingest(request: Request[State]) -> Response:
        try:
            return await opened(request, seats)
        except BadRequest as error:
            return failed(error.status, error.code, str(error), error.headers, **error.data)
        except tuple(STATUSES) as error:
            return refused(error)

    return [Route("/ingest", ingest, methods=["POST"])]


async def opened(request: Request[State], seats: Seats) -> Response:
    """The stream, with its first point paid. Raises BadRequest, or one of STATUSES."""
    services = request.state["services"]
    watch = Watch(request.state["authenticator"], credentials(request), caller(request))
    principal = await watch.authenticate()
    analyze = wants_analysis(request)
    check_rights(principal, analyze=analyze)
    body = Body(request.receive, gzip=encoding(request) == "gzip")
    loader = Loader(
        services.database, principal.tenant, analyze=analyze, by_external_id=True, charged_to=principal.id
    )
    with ExitStack() as held:
        held.enter_context(seats.seat(principal.tenant))
        headers = rate_limit.headers(await services.quotas.charge(principal, BASE, OPERATION))
        return IngestStream(body, loader, services.quotas, watch, headers, held.pop_all())


def wants_analysis(request: Request[State]) -> bool:
    given = request.query_params
    values = {"true": True, "false": False}
    if set(given) - {"analyze"} or given.get("analyze", "false") not in values:
        raise BadRequest("The only parameter is analyze, which is true or false: /ingest?analyze=true.")
    return values[given.get("analyze", "false")]


def check_rights(principal: Principal, *, analyze: bool) -> None:
    """Raises Forbidden, or BadRequest for who may run nothing but trusted documents."""
    for scope in (Scope.TRACKS_WRITE, *((Scope.ANALYSES_WRITE,) if analyze else ())):
        if scope not in principal.scopes:
            raise Forbidden(scope)
    if principal.trusted_documents_only:
        raise BadRequest(
            "This key may run trusted documents alone. Use another one.", 403, "PERSISTED_QUERY_REQUIRED"
        )


def encoding(request: Request[State]) -> str:
    """identity or gzip. Raises BadRequest for what can't be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        told = f"Send one JSON object a line, with Content-Type: {MEDIA_TYPES[0]}."
        raise BadRequest(told, 415, "UNSUPPORTED_MEDIA_TYPE", Accept=", ".join(MEDIA_TYPES))
    name = request.headers.get("content-encoding", "identity").strip().lower()
    if name not in ENCODINGS:
        told = "Send the lines as they are, or with Content-Encoding: gzip."
        # RFC 9110, section 12.5.3: this is how a server says what it takes.
        accepted = {"Accept-Encoding": "gzip"}
        raise BadRequest(told, 415, "UNSUPPORTED_ENCODING", None, **accepted)
    return name


def refused(error: Exception) -> Response:
    """What the caller did not get past."""
    status = next(status for type_, status in STATUSES.items() if isinstance(error, type_))
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="rap-analyzer"'
    if isinstance(error, QuotaExceeded) and error.standing is not None:
        headers |= rate_limit.headers(error.standing)
    if status in (429, 503):
        headers["Retry-After"] = str(getattr(error, "retry_after_seconds", 5))
    told: Any = errors_of(error)[0]
    extensions = dict(told.extensions)
    return failed(status, extensions.pop("code"), told.message, headers, **extensions)
