"""Messages of graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

from api.persisted.asked import names_document

PROTOCOL = "graphql-transport-ws"


class Code(IntEnum):
    """Why the server closes; from 4000 on they are those of the protocol's reference server."""

    GOING_AWAY = 1001
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429
    TOO_MANY_SOCKETS = 4429  # the same, as HTTP's 429 says both; the reason tells them apart
    INTERNAL_SERVER_ERROR = 4500


class Closing(Exception):
    """The server ends the connection; `reason` is cut to what a close frame can hold."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:123].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a client; `id` is there for subscribe and complete, `payload` for subscribe."""

    type: str
    id: str
    payload: dict[str, Any] | None


def read(text: str | None) -> Message:
    """Raises Closing for whatever is not a message of a client. None stands for a binary frame."""
    if text is None:
        raise Closing(Code.BAD_REQUEST, "Messages have to be text.")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Closing(Code.BAD_REQUEST, "A message has to be JSON.") from error
    if not isinstance(value, dict):
        raise Closing(Code.BAD_REQUEST, "A message has to be a JSON object.")
    type_, id_, payload = value.get("type"), value.get("id"), value.get("payload")
    if type_ not in ("connection_init", "ping", "pong", "subscribe", "complete"):
        raise Closing(Code.BAD_REQUEST, "type has to be a message that a client may send.")
    if type_ in ("subscribe", "complete") and not (isinstance(id_, str) and id_):
        raise Closing(Code.BAD_REQUEST, "id has to be a string that isn't empty.")
    if payload is not None and not isinstance(payload, dict):
        raise Closing(Code.BAD_REQUEST, "payload has to be a JSON object.")
    if type_ == "subscribe":
        check_request(payload)
    return Message(type_, id_ if isinstance(id_, str) else "", payload)


def check_request(payload: dict[str, Any] | None) -> None:
    if payload is None or not names_document(payload):
        raise Closing(Code.BAD_REQUEST, "payload.query has to be a string: the GraphQL document.")
    for name, kind, words in (
        ("operationName", str, "a string"),
        ("variables", dict, "a JSON object"),
        ("extensions", dict, "a JSON object"),
    ):
        if payload.get(name) is not None and not isinstance(payload[name], kind):
            raise Closing(Code.BAD_REQUEST, f"payload.{name} has to be {words}.")


def text_of(payload: dict[str, Any], header: str) -> str | None:
    """What the payload says in a header's place, whatever the case of its name, as header names go."""
    for name, value in payload.items():
        if name.lower() == header and isinstance(value, str):
            return value
    return None


def write(type_: str, id_: str | None = None, payload: bytes | None = None) -> str:
    """A message of the server, as text: browsers would get a Blob of a binary frame."""
    message: dict[str, Any] = {"type": type_}
    if id_ is not None:
        message["id"] = id_
    if payload is not None:
        message["payload"] = orjson.Fragment(payload)
    return orjson.dumps(message).decode()
