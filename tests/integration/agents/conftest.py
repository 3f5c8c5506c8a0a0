"""The scripted model, what it says of the builders' verse when all is well, and a database of its own: no
worker that knows no models may take the jobs that wait here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from tenancy.database import Database
from tests.databases import another, opened
from tests.model_server import ModelServer, model_server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def agents_url(postgres_server: PostgresServer, database_url: str) -> str:
    return await another(postgres_server, database_url, "agents_test")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(agents_url: str) -> AsyncIterator[Database]:
    async with opened(agents_url) as database:
        yield database


def quote(line: int, text: str) -> dict[str, Any]:
    return {"line": line, "text": text}


LAMPS = quote(1, "The harbor lamps are burning low tonight")
SHORE = quote(2, "found the shore")
KNOCKS = quote(4, "no one knocks upon the kitchen door")

GOOD: dict[str, dict[str, Any]] = {
    "rhyme": {
        "pairs": [
            {"first_line": 1, "second_line": 3, "first_word": "tonight", "second_word": "light",
             "kind": "perfect", "syllables": 1, "strength": 1.0},
            {"first_line": 2, "second_line": 4, "first_word": "shore", "second_word": "door",
             "kind": "slant", "syllables": 1, "strength": 0.9},
        ],
        "internal": [],
    },
    "emotion": {
        "emotions": [
            {"name": "sadness", "share": 0.6, "quotes": [KNOCKS]},
            {"name": "love", "share": 0.2, "quotes": [quote(3, "My brother's coat")]},
        ],
        "valence": -0.6, "arousal": 0.3, "sentiment": "NEGATIVE", "arc": [-0.4, -0.8],
    },
    "themes": {
        "themes": [{"name": "loss", "confidence": 0.9, "quotes": [SHORE, KNOCKS]}],
        "entities": [],
    },
    "vocabulary": {"rare_words": ["harbor"], "readability": 4.0},
    "content": {"categories": [], "severity": 0.0, "explicit": False},
}  # fmt: skip
