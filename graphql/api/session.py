"""One open WebSocket: its handshake, its operations, and the watch over it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from api.caps import Caps
from api.context import Context
from api.encoding import encode_execution
from api.execution.engine import Engine
from api.failures import errors_of
from api.frames import Frames
from api.messages import Closing, Code, Message, text_of
from api.persisted.admission import Admission
from api.requests import TENANT_HEADER, OpenContext, caller, credentials
from api.watch import ENDED, Watch
from app.events.tasks import end
from tenancy.authentication import Authenticator
from tenancy.seats import Full

log = structlog.get_logger(__name__)

SILENT_PINGS = 2.5  # pings without a word from the client, after which it is gone
CLOSE_SECONDS = 5.0
MAX_OPERATIONS = 100  # of one socket at once


@dataclass(frozen=True, slots=True)
class Service:
    """What all sessions of an endpoint share."""

    engine: Engine
    authenticator: Authenticator
    open_context: OpenContext
    init_seconds: float
    ping_seconds: float
    admission: Admission
    caps: Caps


class Session:
    """One open socket."""

    def __init__(self, service: Service, socket: WebSocket) -> None:
        self._service = service
        self._socket = socket
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._frames = Frames(socket)
        self._held = ExitStack()

    async def run(self) -> None:
        """Returns when the socket is closed; what it had begun is cancelled by then."""
        closing: Closing | None = None
        try:
            self._watch = await self._begin()
            both = {self._start(self._receive()), self._start(self._keep())}
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Closing as error:
            closing = error
        except (WebSocketDisconnect, WebSocketDisconnected):
            pass
        except Exception as error:
            log.error("socket_failed", error=type(error).__qualname__)
            closing = Closing(Code.INTERNAL_SERVER_ERROR, "Internal server error")
        finally:
            await end(*self._tasks)
            self._held.close()
        if closing is not None:
            # A client that takes nothing takes no close frame either.
            with suppress(TimeoutError, WebSocketDisconnect, WebSocketDisconnected):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._socket.close(closing.code, closing.reason)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _begin(self) -> Watch:
        """The handshake, up to connection_ack. Raises Closing."""
        try:
            async with asyncio.timeout(self._service.init_seconds):
                while (message := await self._frames.next()).type != "connection_init":
                    if message.type == "subscribe":
                        raise Closing(Code.UNAUTHORIZED, "Unauthorized: send connection_init first")
        except TimeoutError as error:
            raise Closing(Code.INITIALISATION_TIMEOUT, "Connection initialisation timeout") from error
        given = message.payload or {}
        try:
            shown = text_of(given, "authorization") or credentials(self._socket)
            asking = caller(self._socket)
            asking = replace(asking, tenant=text_of(given, TENANT_HEADER) or asking.tenant)
            watch = Watch(self._service.authenticator, shown, asking)
            await watch.authenticate()
            self._held.enter_context(self._service.caps.sockets.seat(watch.principal.tenant))
        except ENDED as error:
            raise forbidden(error) from error
        except Full as error:
            raise Closing(Code.TOO_MANY_SOCKETS, str(error)) from error
        await self._frames.send("connection_ack")
        return watch

    async def _receive(self) -> None:
        while True:
            message = await self._frames.next()
            if message.type == "connection_init":
                raise Closing(Code.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
            if message.type == "complete" and message.id in self._operations:
                self._start(end(self._operations.pop(message.id)))
            if message.type == "subscribe":
                if message.id in self._operations:
                    raise Closing(Code.SUBSCRIBER_EXISTS, f"Subscriber for {message.id} already exists")
                self._operations[message.id] = self._start(self._operate(message))

    async def _keep(self) -> None:
        """Pings the client and watches its key, until one of them fails: raises Closing."""
        every = self._service.ping_seconds
        while True:
            try:
                await self._watch.hold(every)
            except ENDED as error:
                raise forbidden(error) from error
            if self._frames.silence > SILENT_PINGS * every:
                raise Closing(Code.GOING_AWAY, "No answer to ping")
            try:
                async with asyncio.timeout(every):
                    await self._frames.send("ping")
            except TimeoutError as error:
                raise Closing(Code.GOING_AWAY, "The client takes no messages") from error

    async def _operate(self, message: Message) -> None:
        """Runs one operation to its end; a failure is told to the client, and the socket stays open."""
        last: tuple[str, str, bytes | None] = ("complete", message.id, None)
        try:
            if len(self._operations) > MAX_OPERATIONS:
                raise GraphQLError(
                    f"A socket can have {MAX_OPERATIONS} operations at once: complete some, or open another.",
                    extensions={"code": "TOO_MANY_OPERATIONS"},
                )
            with self._service.caps.operations.seat(self._watch.principal.tenant):
                await self._perform(message.id, message.payload or {})
        except (WebSocketDisconnect, WebSocketDisconnected):
            return  # the receiver hears of it too
        except Exception as error:
            last = "error", message.id, orjson.dumps([error.formatted for error in errors_of(error)])
        self._check(message.id)
        del self._operations[message.id]  # first: with this message the client may use the id again
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            await self._frames.send(*last)

    async def _perform(self, id_: str, request: dict[str, Any]) -> None:
        engine = self._service.engine
        document, operation = await self._service.admission.admit(self._watch.principal, request)
        bound = engine.bind(document, operation, request.get("variables"))
        context = await self._service.open_context(self._watch.principal, engine.cost(bound))
        context.caller = self._watch.caller
        if operation.node.operation is not OperationType.SUBSCRIPTION:
            await self._show(id_, await engine.execute(bound, context), context)
            return
        stream = await engine.subscribe(bound, context)
        if isinstance(stream, ExecutionResult):
            await self._show(id_, stream, context)
            return
        async with aclosing(stream):  # type: ignore[type-var]  # an async generator
            async for told in stream:
                await self._send(id_, told.json)

    async def _show(self, id_: str, result: ExecutionResult, context: Context) -> None:
        await self._send(id_, encode_execution(result, context))

    async def _send(self, id_: str, payload: bytes) -> None:
        self._check(id_)
        await self._frames.send("next", id_, payload)

    def _check(self, id_: str) -> None:
        """Nothing is sent for an operation that the client has completed, even if its task lives on."""
        if self._operations.get(id_) is not asyncio.current_task():
            raise asyncio.CancelledError


def forbidden(error: Exception) -> Closing:
    return Closing(Code.FORBIDDEN, f"Forbidden: {str(error) or type(error).__doc__}")
