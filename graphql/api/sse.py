"""GraphQL over server-sent events, one connection an operation: the distinct connections mode of
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, aclosing
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.accept import preference
from api.context import Context
from api.documents.document import Bound
from api.encoding import encode_execution, encode_result
from api.execution.engine import Engine
from api.execution.subscribing import Told
from api.failures import errors_of
from api.watch import Watch
from app.events.tasks import end

MEDIA_TYPE = "text/event-stream"
JSON_TYPES = ("application/graphql-response+json", "application/json")
KEEP_ALIVE_SECONDS = 15.0
KEEP_ALIVE = b":\n\n"
# Browsers drop an event without a data line.
COMPLETE = b"event: complete\ndata:\n\n"
HEADERS = {"Cache-Control": "no-store", "Vary": "Accept", "X-Accel-Buffering": "no"}


def wants_stream(accept: str) -> bool:
    """Whether a client prefers events to JSON: by quality, then by what it names first."""
    return preference(accept, MEDIA_TYPE) > max(preference(accept, json) for json in JSON_TYPES)


def accepts_stream(accept: str) -> bool:
    """Whether a client takes events at all, as it must for a subscription."""
    return preference(accept, MEDIA_TYPE) > (0.0, 0)


async def stream(
    engine: Engine,
    bound: Bound,
    context: Context,
    request: Request,
    watch: Watch | None = None,
    held: ExitStack | None = None,
) -> Response:
    """The operation's results as they come: `event: next` with the cursor as `id`, then `event: complete`.

    A `Last-Event-ID` takes the place of the argument `after`: a client that reconnects repeats its first
    request, but has seen more since. With a `watch`, a key that is revoked while the stream is open ends
    it with an error. What is `held` goes over to the stream, which lets it go at the end.
    """
    if bound.operation.node.operation is not OperationType.SUBSCRIPTION:
        return EventStream(once(lambda: whole(engine, bound, context)), watch, held and held.pop_all())
    context.last_event_id = request.headers.get("last-event-id") or None
    source = await engine.subscribe(bound, context)
    if isinstance(source, ExecutionResult):
        told = Told(encode_execution(source, context, extensions=False), None)
        return EventStream(once(lambda: done(told)), watch, held and held.pop_all())
    return EventStream(source, watch, held and held.pop_all())


def refusal(errors: Sequence[GraphQLError]) -> Response:
    """A whole stream of what is wrong with an operation: its client reads no other kind of answer."""
    return Response(event(encode_result(None, errors)) + COMPLETE, headers=HEADERS, media_type=MEDIA_TYPE)


async def once(run: Callable[[], Awaitable[Told]]) -> AsyncIterator[Told]:
    """Runs when the stream is read, which ends when the client goes."""
    yield await run()


async def whole(engine: Engine, bound: Bound, context: Context) -> Told:
    return Told(encode_execution(await engine.execute(bound, context), context), None)


async def done(told: Told) -> Told:
    return told


class EventStream(Response):
    """Sends results until they end, the client goes, or its key does; then closes their generator."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        results: AsyncIterator[Told],
        watch: Watch | None,
        held: ExitStack | None = None,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._results = results
        self._key = watch
        self._held = held or ExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await self._respond(receive, send)

    async def _respond(self, receive: Receive, send: Send) -> None:
        async def write(body: bytes, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": more})

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = asyncio.create_task(disconnect(receive))
        tasks = [gone, asyncio.create_task(self._show(write)), asyncio.create_task(self._watch(write))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(*tasks)
        if gone in done:
            return
        for task in done:
            error = task.exception()
            if isinstance(error, OSError):
                return  # the client went while we wrote
            if isinstance(error, Exception):
                await write(event(encode_result(None, errors_of(error))))
        await write(COMPLETE, more=False)

    async def _show(self, write: Any) -> None:
        await write(KEEP_ALIVE)  # the client knows at once that it is connected
        async with aclosing(self._results) as results:  # type: ignore[type-var]  # an async generator
            async for told in results:
                await write(event(told.json, told.cursor))

    async def _watch(self, write: Any) -> None:
        while True:
            await (self._key.hold if self._key is not None else asyncio.sleep)(KEEP_ALIVE_SECONDS)
            await write(KEEP_ALIVE)


async def disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(json: bytes, id_: str | None = None) -> bytes:
    """One `next`; JSON has no line breaks of its own."""
    head = b"event: next\n" if id_ is None else b"event: next\nid: " + id_.encode() + b"\n"
    return head + b"data: " + json + b"\n\n"
