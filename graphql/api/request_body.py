"""What a request over HTTP holds: https://graphql.github.io/graphql-over-http/draft/#sec-Request"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from api.persisted.asked import names_document

MAX_BODY = 8 * 1024 * 1024  # bytes: 500 tracks with long lyrics fit
JSON = "application/json"


class BadRequest(Exception):
    """What was sent is not a GraphQL request."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        code: str = "BAD_REQUEST",
        data: dict[str, Any] | None = None,
        **headers: str,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.data, self.headers = status, code, data or {}, headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of one request, of the right kinds."""

    parameters: dict[str, Any]
    variables: dict[str, Any] | None

    @classmethod
    def read(cls, parameters: Any) -> GraphQLRequest:
        """Raises BadRequest."""
        if isinstance(parameters, list):
            raise BadRequest(
                "Batches are refused: send one operation a request; HTTP/2 and WebSocket carry many at once.",
                code="BATCH_REFUSED",
            )
        if not isinstance(parameters, dict):
            raise BadRequest(
                'The body has to be a JSON object such as {"query": "{ viewer { principal } }"}.'
            )
        variables = parameters.get("variables")
        name, extensions = parameters.get("operationName"), parameters.get("extensions")
        query = parameters.get("query")
        if not names_document(parameters) or (isinstance(query, str) and not query.strip()):
            raise BadRequest(
                "query has to be a string: the GraphQL document."
                " A document that is known can be named by documentId or extensions.persistedQuery."
            )
        if variables is not None and not isinstance(variables, dict):
            raise BadRequest("variables has to be a JSON object.")
        if name is not None and not isinstance(name, str):
            raise BadRequest("operationName has to be a string.")
        if extensions is not None and not isinstance(extensions, dict):
            raise BadRequest("extensions has to be a JSON object.")
        return cls(parameters, variables)


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
    length = request.headers.get("content-length", "")
    check_length(int(length[:20]) if length.isdecimal() else 0)  # before any of it is read
    return loads(await read(request), "The body")


async def read(request: Request) -> bytearray:
    """The body, no more than MAX_BODY of it. Raises BadRequest or ClientDisconnect."""
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        check_length(len(body))
        more = message.get("more_body", False)
    return body


def loads(text: bytes | bytearray, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON in UTF-8: {error}.") from error


def check_length(length: int) -> None:
    if length > MAX_BODY:
        figures = {"limit": "body_bytes", "allowed": MAX_BODY, "found": length}
        told = f"The body has {length:,} bytes; {MAX_BODY:,} are the most. Send it in several requests."
        raise BadRequest(told, 413, "PAYLOAD_TOO_LARGE", figures)
