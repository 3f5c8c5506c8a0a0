"""Clients that bring songs and have them analysed, and try again until they are told that it is done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.api.ingesting import NDJSON, entry, lines

ADD = """mutation ($i: AddTracksInput!) { addTracks(input: $i) {
  __typename ... on AddTracksPayload { tracks { id title } run { id } } } }"""
ANALYZE = """mutation ($i: AnalyzeTracksInput!) { analyzeTracks(input: $i) {
  __typename ... on AnalyzeTracksPayload { run { id } } } }"""
AGAIN_SECONDS = 0.2


@dataclass(slots=True)
class Producer:
    """One client of one tenant; `analyzed` are the titles of songs that it was promised analyses of."""

    urls: list[str]
    key: str
    analyzed: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        async with httpx.AsyncClient(timeout=20) as http:
            while not stop.is_set():
                await random.choice([self._add, self._ingest, self._add_then_analyze])(http)
                await asyncio.sleep(random.uniform(0, 0.5))

    async def _add(self, http: httpx.AsyncClient) -> None:
        songs = [entry() for _ in range(random.randint(1, 8))]
        await self._until_told(lambda: self._ask(http, ADD, {"tracks": songs, "analyze": True}))
        self.analyzed += [song["title"] for song in songs]

    async def _ingest(self, http: httpx.AsyncClient) -> None:
        songs = [entry() for _ in range(random.randint(20, 120))]
        await self._until_told(lambda: self._stream(http, lines(songs)))
        self.analyzed += [song["title"] for song in songs]

    async def _add_then_analyze(self, http: httpx.AsyncClient) -> None:
        songs = [entry() for _ in range(random.randint(1, 40))]
        added = await self._until_told(lambda: self._ask(http, ADD, {"tracks": songs}))
        self.stored += [song["title"] for song in songs]
        ids = [track["id"] for track in added["addTracks"]["tracks"]]
        # Not tried again: it may have been begun, and would then be done twice, as it was asked for twice.
        await self._ask(http, ANALYZE, {"ids": ids})

    async def _until_told(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            answer = await ask()
            if answer is not None:
                return answer
            await asyncio.sleep(AGAIN_SECONDS)

    async def _ask(self, http: httpx.AsyncClient, query: str, given: dict[str, Any]) -> Any:
        """The data, or None where nobody knows."""
        body = {"query": query, "variables": {"i": given}}
        try:
            response = await http.post(
                f"{random.choice(self.urls)}/graphql",
                json=body,
                headers={"Authorization": f"Bearer {self.key}"},
            )
            answer = response.json()
        except (httpx.HTTPError, orjson.JSONDecodeError, ValueError):
            return None
        return None if "errors" in answer else answer["data"]

    async def _stream(self, http: httpx.AsyncClient, songs: bytes) -> bool | None:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": NDJSON}
        url = f"{random.choice(self.urls)}/ingest?analyze=true"
        try:
            response = await http.post(url, content=songs, headers=headers)
            last = orjson.loads(response.text.splitlines()[-1])
        except (httpx.HTTPError, orjson.JSONDecodeError, IndexError):
            return None
        assert not last.get("rejected"), last
        return True if last.get("done") else None
