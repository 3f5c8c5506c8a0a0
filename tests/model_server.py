"""A language model by script: an OpenAI-compatible server on loopback that says what a test tells it to."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.analysis.agents import LanguageModel

Asked = dict[str, Any]
Turn = Callable[[Asked], Response | float]
"""What to do with a request: a response, or the seconds to keep silent."""
TOKENS_IN, TOKENS_OUT = 1_000, 200


def completion(content: str | None, *, refusal: str | None = None, finish: str = "stop") -> Response:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return JSONResponse(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {
                "prompt_tokens": TOKENS_IN,
                "completion_tokens": TOKENS_OUT,
                "total_tokens": TOKENS_IN + TOKENS_OUT,
            },
        }
    )


def says(answer: Any) -> Turn:
    """Answers with this text, or with this value as JSON."""
    return lambda _: completion(answer if isinstance(answer, str) else json.dumps(answer))


def refuses() -> Turn:
    return lambda _: completion(None, refusal="I can't help with that.")


def fails(status: int, **headers: str) -> Turn:
    """The error of a server that quotes what it was asked, as some do."""

    def turn(asked: Asked) -> Response:
        error = {"message": f"bad: {asked['messages'][1]['content']}", "type": "error", "code": None}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return JSONResponse({"error": error}, status, named)

    return turn


def keeps_silent(seconds: float) -> Turn:
    return lambda _: seconds


@dataclass(slots=True)
class ModelServer:
    """Takes a turn of `script` for each request, then asks `otherwise`; `asked` has all bodies."""

    url: str
    script: list[Turn] = field(default_factory=list)
    otherwise: Turn = field(default_factory=lambda: fails(500))
    asked: list[Asked] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # paths of requests that no model is asked by
    together: asyncio.Barrier | None = None  # requests are answered in groups of its size
    open: int = 0
    most_open: int = 0

    def plays(self, turns: Iterable[Turn], otherwise: Turn | None = None) -> None:
        """Begins anew with this script."""
        self.script = list(turns)
        self.otherwise = otherwise or fails(500)
        self.asked.clear()
        self.authorizations.clear()
        self.most_open = 0
        self.together = None

    def model(self, **parts: Any) -> LanguageModel:
        """A model of this server at a dollar a million tokens in and two out."""
        values: dict[str, Any] = {
            "name": "scripted", "model": "openai:scripted", "base_url": f"{self.url}/v1",
            "api_key": "sk-of-a-test", "input_usd_per_million": 1.0, "output_usd_per_million": 2.0,
            "timeout": 20.0, "max_output_tokens": 1_000,
        }  # fmt: skip
        return LanguageModel(**{**values, **parts})

    async def note(self, request: Request) -> Response:
        self.elsewhere.append(request.url.path)
        return JSONResponse({})

    async def complete(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked)
        self.authorizations.append(request.headers.get("authorization", ""))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            if self.together is not None:
                await self.together.wait()
            turn = self.script.pop(0) if self.script else self.otherwise
            answer = turn(asked)
            if isinstance(answer, Response):
                return answer
            async with asyncio.timeout(answer):
                await request.receive()  # until nobody waits any more
            return Response(status_code=500)
        finally:
            self.open -= 1


class Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test run's own stay."""


@asynccontextmanager
async def model_server() -> AsyncIterator[ModelServer]:
    """Served until the block ends."""
    sock = socket.create_server(("127.0.0.1", 0))
    script = ModelServer(f"http://127.0.0.1:{sock.getsockname()[1]}")
    routes = [
        Route("/v1/chat/completions", script.complete, methods=["POST"]),
        Route("/{path:path}", script.note, methods=["GET", "POST", "PATCH"]),
    ]
    app = Starlette(routes=routes)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    config.timeout_graceful_shutdown = 1
    server = Server(config)
    serving = asyncio.create_task(server._serve(sockets=[sock]))
    try:
        yield script
    finally:
        server.should_exit = True
        await serving
