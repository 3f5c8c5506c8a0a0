"""Vectors from a server that LangChain can reach: OpenAI's, another provider's, or any that speaks so."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from app.search.embeddings import (
    MAX_CHARACTERS,
    EmbedderAway,
    EmbedderUnusable,
    TextsRefused,
    Vectors,
    WrongDimension,
    unit,
)

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

TEXTS = 128  # of one request
REST_SECONDS = 15.0  # after a failure, in which nobody is kept waiting for the next one
TEMPORARY = frozenset({401, 403, 404, 408, 409, 425, 429})  # or a matter of settings: not the texts' fault


@dataclass(eq=False, slots=True)
class ProviderEmbedder:
    """`model` is LangChain's "provider:model". Model and dimension together name the space, so that another
    model always has another one; where the server is does not matter."""

    model: str
    dimension: int
    background: float
    foreground: float
    unrelated: float
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 20.0
    passage_prefix: str = ""
    query_prefix: str = ""
    named: float | None = None
    at_once: int = 16
    computes: bool = False
    quick: bool = False
    _client: Embeddings | None = field(default=None, init=False, repr=False)
    _http: httpx.Client | None = field(default=None, init=False, repr=False)
    _opening: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _resting_until: float = field(default=0.0, init=False, repr=False)

    @property
    def space(self) -> str:
        return re.sub("[^a-z0-9._:/-]", "-", f"{self.model.lower()}:{self.dimension}")

    def warm(self) -> None:
        self.embed(["warm"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._asked([self.passage_prefix + text[:MAX_CHARACTERS] for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._asked([self.query_prefix + text[:MAX_CHARACTERS] for text in texts])

    def close(self) -> None:
        """Closes connections to an OpenAI-compatible server; others end with the process."""
        if self._http is not None:
            self._http.close()

    def _asked(self, texts: list[str]) -> Vectors:
        if monotonic() < self._resting_until:
            raise EmbedderAway(f"{self.space} gave no vectors a moment ago.")
        try:
            answers = [self._request(texts[at : at + TEXTS]) for at in range(0, len(texts), TEXTS)]
        except EmbedderAway:
            self._resting_until = monotonic() + REST_SECONDS
            raise
        return np.concatenate([np.empty((0, self.dimension), dtype=np.float32), *answers])

    def _request(self, texts: list[str]) -> Vectors:
        client = self._opened()
        try:
            answer = client.embed_documents(texts)
        except Exception as error:  # each provider has its own
            status = getattr(error, "status_code", None)
            # Its name alone: a server may quote what it was sent, and that is lyrics.
            said = f"{self.space} gave no vectors ({status or type(error).__name__})."
            if isinstance(status, int) and 400 <= status < 500 and status not in TEMPORARY:
                raise TextsRefused(said) from None
            raise EmbedderAway(said) from None
        if len(answer) != len(texts):
            raise EmbedderAway(f"{self.space} gave {len(answer)} vectors for {len(texts)} texts.")
        if wrong := {len(vector) for vector in answer} - {self.dimension}:
            raise WrongDimension(self.space, wrong.pop(), self.dimension)
        return unit(np.array(answer, dtype=np.float32))

    def _opened(self) -> Embeddings:
        with self._opening:
            if self._client is None:
                self._client = self._open()
            return self._client

    def _open(self) -> Embeddings:
        # Import here: LangChain takes a second, and few processes ask a server.
        from langchain.embeddings import init_embeddings

        provider = self.model.split(":", 1)[0]
        options: dict[str, Any] = {}
        if provider == "openai":
            # Texts go out as they are: others than OpenAI's own server can't read its tokens.
            self._http = httpx.Client(timeout=self.timeout)
            options = {
                "timeout": self.timeout,
                "max_retries": 0,
                "check_embedding_ctx_length": False,
                "http_client": self._http,
            }
        elif provider == "ollama":
            options = {"client_kwargs": {"timeout": self.timeout}}
        if self.base_url is not None:
            options["base_url"] = self.base_url
        if self.api_key is not None:
            options["api_key"] = self.api_key
        elif self.base_url is not None and provider != "ollama":
            # Else the key in OPENAI_API_KEY would go to whoever answers at base_url.
            options["api_key"] = "none"
        try:
            made: Embeddings = init_embeddings(self.model, **options)
        except (ImportError, ValueError) as error:
            raise EmbedderUnusable(self.space, " ".join(str(error).split())) from None
        return made
