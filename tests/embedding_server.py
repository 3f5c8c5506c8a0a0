"""An embedding server on loopback that speaks like OpenAI's, with the real vectors of the fast model."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.search.embeddings import FastEmbedder
from app.search.provider import ProviderEmbedder
from tests.model_server import Server

MODEL = FastEmbedder()


@dataclass(slots=True)
class EmbeddingServer:
    """Answers with `status` where that is set, and with `cut` numbers of each vector where that is;
    `asked` has all texts."""

    url: str
    status: int | None = None
    cut: int | None = None
    asked: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    embedders: list[ProviderEmbedder] = field(default_factory=list)

    def embedder(self, **parts: Any) -> ProviderEmbedder:
        values: dict[str, Any] = {
            "model": "openai:Scripted/Model", "dimension": MODEL.dimension, "background": MODEL.background,
            "foreground": MODEL.foreground, "unrelated": MODEL.unrelated, "base_url": f"{self.url}/v1",
        }  # fmt: skip
        self.embedders.append(ProviderEmbedder(**{**values, **parts}))
        return self.embedders[-1]

    async def embed(self, request: Request) -> Response:
        asked = await request.json()
        texts = asked["input"]
        self.asked += texts
        self.authorizations.append(request.headers.get("authorization", ""))
        if self.status is not None:
            return JSONResponse({"error": {"message": f"bad: {texts}", "type": "error"}}, self.status)
        vectors = await asyncio.to_thread(MODEL.embed, texts)
        data = [
            {"object": "embedding", "index": number, "embedding": vector[: self.cut].tolist()}
            for number, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return JSONResponse({"object": "list", "data": data, "model": asked["model"], "usage": usage})


@asynccontextmanager
async def embedding_server() -> AsyncIterator[EmbeddingServer]:
    """Served until the block ends."""
    sock = socket.create_server(("127.0.0.1", 0))
    script = EmbeddingServer(f"http://127.0.0.1:{sock.getsockname()[1]}")
    app = Starlette(routes=[Route("/v1/embeddings", script.embed, methods=["POST"])])
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    config.timeout_graceful_shutdown = 1
    server = Server(config)
    serving = asyncio.create_task(server._serve(sockets=[sock]))
    try:
        yield script
    finally:
        for embedder in script.embedders:
            embedder.close()
        server.should_exit = True
        await serving
