"""GraphQL over WebSocket: queries, mutations and subscriptions by graphql-transport-ws."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from api.caps import Caps
from api.execution.engine import Engine
from api.messages import PROTOCOL, Code
from api.persisted.admission import Admission
from api.requests import OpenContext, is_own
from api.session import Service, Session
from tenancy.authentication import Authenticator

INIT_SECONDS = 10.0
PING_SECONDS = 25.0  # proxies close what is silent for 30 or 60


class WebSocketEndpoint:
    """The ASGI application behind a WebSocketRoute.

    The key comes in the payload of connection_init, `{"authorization": "Bearer …"}`, or with the upgrade
    request: in its header, or by the cookie of a browser that is signed in. Pages of other origins than
    our own are refused unless they are in `origins`, such as `https://app.example.com`.
    """

    def __init__(
        self,
        engine: Engine,
        authenticator: Authenticator,
        open_context: OpenContext,
        admission: Admission | None = None,
        caps: Caps | None = None,
        *,
        origins: Collection[str] = (),
        init_seconds: float = INIT_SECONDS,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self._service = Service(
            engine,
            authenticator,
            open_context,
            init_seconds,
            ping_seconds,
            admission or Admission(engine),
            caps or Caps.of(),
        )
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if not self._is_welcome(socket):
            await socket.close()  # before accept: the server answers 403
            return
        acceptable = PROTOCOL in scope["subprotocols"]
        await socket.accept(PROTOCOL if acceptable else None)
        if acceptable:
            await Session(self._service, socket).run()
        else:
            await socket.close(Code.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")

    def _is_welcome(self, socket: WebSocket) -> bool:
        origin = socket.headers.get("origin")
        return origin is None or origin in self._origins or is_own(socket, origin)
