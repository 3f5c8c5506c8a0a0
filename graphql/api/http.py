"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api import rate_limit, sse
from api.accept import preference
from api.caps import Caps
from api.connected import WhileConnected
from api.context import Context
from api.cost import BASE, Estimate
from api.documents.document import DocumentInvalid
from api.encoding import encode_execution, encode_result
from api.execution.engine import Engine
from api.failures import errors_of
from api.persisted.admission import Admission
from api.request_body import JSON, BadRequest, GraphQLRequest, parameters
from api.requests import CrossSiteRequest, OpenContext, caller, credentials
from api.watch import Watch
from tenancy.authentication import Authenticator
from tenancy.away import is_away
from tenancy.oidc.providers import ProviderUnavailable
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.quotas import QuotaExceeded, QuotaUnavailable
from tenancy.restrictions import CallerRefused
from tenancy.seats import Full

GRAPHQL_JSON = "application/graphql-response+json"


class Refused(Exception):
    """What a known caller sent is not run, for this reason; `context` says what that cost them."""

    def __init__(self, reason: BadRequest | DocumentInvalid | GraphQLError, context: Context) -> None:
        super().__init__(str(reason))
        self.reason, self.context = reason, context


class GraphQLEndpoint:
    """Answers POST, and GET for queries; every failure has a body with a coded error."""

    def __init__(
        self,
        engine: Engine,
        authenticator: Authenticator,
        open_context: OpenContext,
        admission: Admission | None = None,
        caps: Caps | None = None,
    ) -> None:
        self._engine = engine
        self._admission = admission or Admission(engine)
        self._authenticator = authenticator
        self._open_context = open_context
        self._caps = caps or Caps.of()

    async def __call__(self, request: Request) -> Response:
        accept = request.headers.get("accept", "*/*")
        media = negotiated(accept)
        try:
            return await self._respond(request, accept, media)
        except Refused as error:
            return refusal(error.reason, accept, media, error.context)
        except BadRequest as error:
            return refusal(error, accept, media)
        except Unauthenticated as error:
            return failure(
                media,
                401,
                str(error),
                "UNAUTHENTICATED",
                {"WWW-Authenticate": 'Bearer realm="rap-analyzer"'},
            )
        except TenantSuspended as error:
            return failure(media, 403, str(error) or str(TenantSuspended.__doc__), "TENANT_SUSPENDED")
        except (CallerRefused, CrossSiteRequest) as error:
            return failure(media, 403, str(error), "FORBIDDEN")
        except Full as error:
            return failure(media, 429, str(error), "TOO_MANY_OPEN", {"Retry-After": "5"})
        except ProviderUnavailable as error:
            return failure(media, 503, str(error), "PROVIDER_UNAVAILABLE", {"Retry-After": "60"})
        except QuotaExceeded as error:
            headers = rate_limit.headers(error.standing) if error.standing else {}
            headers["Retry-After"] = str(error.retry_after_seconds)
            extensions = {"cost": rate_limit.cost(error.standing)} if error.standing else None
            return answer(media, encode_result(None, errors_of(error), extensions), 429, headers)
        except QuotaUnavailable as error:
            headers = {"Retry-After": str(error.retry_after_seconds)}
            return answer(media, encode_result(None, errors_of(error)), 503, headers)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it
        except Exception as error:
            body = encode_result(None, errors_of(error))
            return (
                answer(media, body, 503, {"Retry-After": "5"}) if is_away(error) else answer(media, body, 500)
            )

    async def _respond(self, request: Request, accept: str, media: str) -> Response:
        if request.method not in ("GET", "POST"):
            raise BadRequest("Send GET or POST.", 405, "METHOD_NOT_ALLOWED", Allow="GET, POST")
        watch = Watch(self._authenticator, credentials(request), caller(request))
        principal = await watch.authenticate()
        try:
            asked = GraphQLRequest.read(await parameters(request))
            document, operation = await self._admission.admit(principal, asked.parameters)
            streaming = streams(request.method, accept, operation.node.operation)
            bound = self._engine.bind(document, operation, asked.variables)
            cost = self._engine.cost(bound)
        except (BadRequest, DocumentInvalid, GraphQLError) as error:  # such as UnknownOperation
            # To read what is refused is work, too: it has its price, and its caller is told where they stand.
            raise Refused(error, await self._open_context(principal, Estimate(BASE))) from error
        context = await self._open_context(principal, cost)
        context.caller = watch.caller
        if streaming:
            with ExitStack() as held:
                held.enter_context(self._caps.operations.seat(principal.tenant))
                response = await sse.stream(self._engine, bound, context, request, watch, held)
            response.headers.update(context.headers)
            return response
        running = self._engine.execute(bound, context)
        if operation.node.operation is OperationType.QUERY:
            async with WhileConnected(request.receive):
                result = await running
        else:  # what was begun is done to its end, with all that follows a commit
            result = await running
        began = result.data is not None or reached(result.errors or [])
        body = encode_execution(result, context)  # first: then it is known what the answer cost
        return answer(media, body, 200 if began or media == JSON else 400, context.headers)


def streams(method: str, accept: str, kind: OperationType) -> bool:
    """Whether an operation of this kind is answered by events. Raises BadRequest where it can't be at all."""
    if method == "GET" and kind is not OperationType.QUERY:
        raise BadRequest(f"A {kind.value} has to be sent by POST.", 405, "METHOD_NOT_ALLOWED", Allow="POST")
    if kind is not OperationType.SUBSCRIPTION:
        return sse.wants_stream(accept)
    if not sse.accepts_stream(accept):
        raise BadRequest(
            "Subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream.",
            406,
            "NOT_ACCEPTABLE",
        )
    return True


def refusal(
    reason: BadRequest | DocumentInvalid | GraphQLError,
    accept: str,
    media: str,
    context: Context | None = None,
) -> Response:
    """Why nothing was run; with a context, also where the caller stands."""
    headers = context.headers if context else {}
    if isinstance(reason, BadRequest):
        errors = [GraphQLError(str(reason), extensions={"code": reason.code, **reason.data})]
        status = reason.status
        headers |= reason.headers
    else:
        errors = errors_of(reason)
        if sse.wants_stream(accept):
            response = sse.refusal(errors)
            response.headers.update(headers)
            return response
        status = 400 if media == GRAPHQL_JSON else 200
    return answer(
        media, encode_result(None, errors, context.extensions() if context else None), status, headers
    )


def reached(errors: list[GraphQLError]) -> bool:
    """Whether execution began: its errors have a path, those of the request have none."""
    return any(error.path for error in errors)


def negotiated(accept: str) -> str:
    """The media type of the answer: application/json unless the newer one is preferred."""
    return GRAPHQL_JSON if preference(accept, GRAPHQL_JSON) > preference(accept, JSON) else JSON


def failure(
    media: str, status: int, message: str, code: str, headers: dict[str, str] | None = None, **data: Any
) -> Response:
    error = GraphQLError(message, extensions={"code": code, **data})
    return answer(media, encode_result(None, [error]), status, headers)


def answer(media: str, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        body,
        status,
        {**(headers or {}), "Vary": "Accept", "Cache-Control": "no-store"},
        f"{media}; charset=utf-8",
    )
