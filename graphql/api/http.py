"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api import rate_limit, sse
from api.accept import preference
from api.encoding import encode_execution, encode_result
from api.failures import errors_of
from api.planner.documents import DocumentInvalid
from api.planner.engine import Engine
from api.requests import CrossSiteRequest, OpenContext, caller, credentials
from api.watch import Watch
from tenancy.authentication import Authenticator
from tenancy.oidc.providers import ProviderUnavailable
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.quotas import QuotaExceeded, QuotaUnavailable
from tenancy.restrictions import CallerRefused

MAX_BODY = 8 * 1024 * 1024  # bytes: 500 tracks with long lyrics fit
GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"


class BadRequest(Exception):
    """What was sent is not a GraphQL request."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST", **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of one request, of the right kinds."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None

    @classmethod
    def read(cls, parameters: Any) -> GraphQLRequest:
        """Raises BadRequest."""
        if not isinstance(parameters, dict):
            raise BadRequest(
                'The body has to be a JSON object such as {"query": "{ viewer { principal } }"}.'
            )
        query, variables = parameters.get("query"), parameters.get("variables")
        name, extensions = parameters.get("operationName"), parameters.get("extensions")
        if not isinstance(query, str) or not query.strip():
            raise BadRequest("query has to be a string: the GraphQL document.")
        if variables is not None and not isinstance(variables, dict):
            raise BadRequest("variables has to be a JSON object.")
        if name is not None and not isinstance(name, str):
            raise BadRequest("operationName has to be a string.")
        if extensions is not None and not isinstance(extensions, dict):
            raise BadRequest("extensions has to be a JSON object.")
        return cls(query, variables, name or None)


class GraphQLEndpoint:
    """Answers POST, and GET for queries; every failure has a body with a coded error."""

    def __init__(self, engine: Engine, authenticator: Authenticator, open_context: OpenContext) -> None:
        self._engine = engine
        self._authenticator = authenticator
        self._open_context = open_context

    async def __call__(self, request: Request) -> Response:
        accept = request.headers.get("accept", "*/*")
        media = negotiated(accept)
        try:
            return await self._respond(request, accept, media)
        except BadRequest as error:
            return failure(media, error.status, str(error), error.code, error.headers)
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
        except ProviderUnavailable as error:
            return failure(media, 503, str(error), "PROVIDER_UNAVAILABLE", {"Retry-After": "60"})
        except QuotaExceeded as error:
            headers = rate_limit.headers(error.standing) if error.standing else {}
            headers["Retry-After"] = str(error.retry_after_seconds)
            return answer(media, encode_result(None, errors_of(error)), 429, headers)
        except QuotaUnavailable as error:
            headers = {"Retry-After": str(error.retry_after_seconds)}
            return answer(media, encode_result(None, errors_of(error)), 503, headers)
        except (DocumentInvalid, GraphQLError) as error:  # such as UnknownOperation
            if sse.wants_stream(accept):
                return sse.refusal(errors_of(error))
            return answer(media, encode_result(None, errors_of(error)), 400 if media == GRAPHQL_JSON else 200)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it
        except Exception as error:
            return answer(media, encode_result(None, errors_of(error)), 500)

    async def _respond(self, request: Request, accept: str, media: str) -> Response:
        if request.method not in ("GET", "POST"):
            raise BadRequest("Send GET or POST.", 405, "METHOD_NOT_ALLOWED", Allow="GET, POST")
        watch = Watch(self._authenticator, credentials(request), caller(request))
        principal = await watch.authenticate()
        asked = GraphQLRequest.read(await parameters(request))
        document = self._engine.documents.get(asked.query)
        operation = document.operation(asked.operation_name)
        kind = operation.node.operation
        if request.method == "GET" and kind is not OperationType.QUERY:
            raise BadRequest(
                f"A {kind.value} has to be sent by POST.", 405, "METHOD_NOT_ALLOWED", Allow="POST"
            )
        subscribing = kind is OperationType.SUBSCRIPTION
        streaming = sse.accepts_stream(accept) if subscribing else sse.wants_stream(accept)
        if subscribing and not streaming:
            raise BadRequest(
                "Subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream.",
                406,
                "NOT_ACCEPTABLE",
            )
        cost = self._engine.cost(document, operation, asked.variables)
        context = await self._open_context(principal, cost)
        context.caller = watch.caller
        if streaming:
            response = await sse.stream(
                self._engine, document, operation, asked.variables, context, request, watch
            )
            response.headers.update(context.headers)
            return response
        result = await self._engine.execute(document, operation, asked.variables, context)
        began = result.data is not None or reached(result.errors or [])
        body = encode_execution(result, context)  # first: then it is known what the answer cost
        return answer(media, body, 200 if began or media == JSON else 400, context.headers)


def reached(errors: list[GraphQLError]) -> bool:
    """Whether execution began: its errors have a path, those of the request have none."""
    return any(error.path for error in errors)


def negotiated(accept: str) -> str:
    """The media type of the answer: application/json unless the newer one is preferred."""
    return GRAPHQL_JSON if preference(accept, GRAPHQL_JSON) > preference(accept, JSON) else JSON


async def parameters(request: Request) -> Any:
    """The GraphQL parameters of a GET or a POST. Raises BadRequest."""
    if request.method == "GET":
        given: dict[str, Any] = dict(request.query_params)
        for name in ("variables", "extensions"):
            if name in given:
                given[name] = loads(given[name].encode(), name)
        return given
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:  # a form could be sent by any page: only JSON makes the browser ask us first
        raise BadRequest("Send the request as application/json.", 415, "UNSUPPORTED_MEDIA_TYPE")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BadRequest(f"The body is larger than {MAX_BODY // 1024**2} MB.", 413, "PAYLOAD_TOO_LARGE")
    return loads(bytes(body), "The body")


def loads(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON in UTF-8: {error}.") from error


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
