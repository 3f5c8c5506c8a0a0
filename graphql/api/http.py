"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api import rate_limit, sse
from api.accept import preference
from api.connected import WhileConnected
from api.encoding import encode_execution, encode_result
from api.failures import errors_of
from api.persisted.admission import Admission
from api.planner.documents import DocumentInvalid
from api.planner.engine import Engine
from api.request_body import JSON, BadRequest, GraphQLRequest, parameters
from api.requests import CrossSiteRequest, OpenContext, caller, credentials
from api.watch import Watch
from tenancy.authentication import Authenticator
from tenancy.oidc.providers import ProviderUnavailable
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.quotas import QuotaExceeded, QuotaUnavailable
from tenancy.restrictions import CallerRefused

GRAPHQL_JSON = "application/graphql-response+json"


class GraphQLEndpoint:
    """Answers POST, and GET for queries; every failure has a body with a coded error."""

    def __init__(
        self,
        engine: Engine,
        authenticator: Authenticator,
        open_context: OpenContext,
        admission: Admission | None = None,
    ) -> None:
        self._engine = engine
        self._admission = admission or Admission(engine)
        self._authenticator = authenticator
        self._open_context = open_context

    async def __call__(self, request: Request) -> Response:
        accept = request.headers.get("accept", "*/*")
        media = negotiated(accept)
        try:
            return await self._respond(request, accept, media)
        except BadRequest as error:
            return failure(media, error.status, str(error), error.code, error.headers, **error.data)
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
        document, operation = await self._admission.admit(principal, asked.parameters)
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
        running = self._engine.execute(document, operation, asked.variables, context)
        if kind is OperationType.QUERY:
            async with WhileConnected(request.receive):
                result = await running
        else:  # what was begun is done to its end, with all that follows a commit
            result = await running
        began = result.data is not None or reached(result.errors or [])
        body = encode_execution(result, context)  # first: then it is known what the answer cost
        return answer(media, body, 200 if began or media == JSON else 400, context.headers)


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
