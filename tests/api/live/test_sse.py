"""Server-sent events: framing, resumption, and who gets them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from api import sse
from tests.api.live.conftest import Client, Live
from tests.api.live.schema import OPEN
from tests.integration.events.helpers import record, until

EVENTS = "subscription ($after: String) { events(after: $after) { cursor run } }"
URQL = (  # what it sends with every query
    "application/graphql-response+json, application/graphql+json, application/json,"
    " text/event-stream, multipart/mixed"
)


@asynccontextmanager
async def posted(
    live: Live, key: str, query: str, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[httpx.Response]:
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream", **(headers or {})}
    async with (
        httpx.AsyncClient(timeout=20) as http,
        http.stream(
            "POST", live.http, json={"query": query, "variables": variables}, headers=headers
        ) as response,
    ):
        yield response


async def frames(response: httpx.Response) -> AsyncGenerator[dict[str, str], None]:
    """The events' fields, without the comments."""
    kept = ""
    async for chunk in response.aiter_text():
        assert "\r" not in chunk
        *whole, kept = (kept + chunk).split("\n\n")
        for frame in whole:
            if frame != ":":
                lines = (line.partition(":") for line in frame.split("\n"))
                yield {name: value.removeprefix(" ") for name, _, value in lines}
    assert kept == ""


async def test_results_come_as_next_and_complete(live: Live, client: Client) -> None:
    async with posted(live, client.key, "subscription { count(to: 2) }") as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "content-length" not in response.headers
        assert [frame async for frame in frames(response)] == [
            {"event": "next", "data": '{"data":{"count":1}}'},
            {"event": "next", "data": '{"data":{"count":2}}'},
            {"event": "complete", "data": ""},
        ]


async def test_a_query_is_one_result(live: Live, client: Client) -> None:
    async with posted(live, client.key, "{ hello }") as response:
        first, last = [frame async for frame in frames(response)]
        body = orjson.loads(first["data"])
        assert body["data"] == {"hello": "Hello, you"}
        assert "cost" in body["extensions"]
        assert last["event"] == "complete"


async def test_each_event_has_its_cursor_as_id_and_the_last_one_resumes(live: Live, client: Client) -> None:
    await record(live.database, client.tenant, 1, 2, 3)
    async with (
        posted(live, client.key, EVENTS, after="0-0") as response,
        aclosing(frames(response)) as events,
    ):
        first = await anext(events)
        event = orjson.loads(first["data"])["data"]["events"]
        assert (event["run"], first["id"]) == ("1", event["cursor"])
    # As a browser does it: the first request again, and where it got to.
    headers = {"Last-Event-ID": first["id"]}
    async with (
        posted(live, client.key, EVENTS, headers, after="0-0") as response,
        aclosing(frames(response)) as events,
    ):
        assert [orjson.loads((await anext(events))["data"])["data"]["events"]["run"] for _ in range(2)] == [
            "2",
            "3",
        ]
        await record(live.database, client.tenant, 4)
        assert orjson.loads((await anext(events))["data"])["data"]["events"]["run"] == "4"
    await until(lambda: client.tenant not in live.hub._feeds)


@pytest.mark.parametrize("query", ["subscription { events { cursor } }", EVENTS])
async def test_a_malformed_last_event_id_is_an_error(live: Live, client: Client, query: str) -> None:
    async with posted(live, client.key, query, {"Last-Event-ID": 'x" }'}) as response:
        first, last = [frame async for frame in frames(response)]
        assert orjson.loads(first["data"])["errors"]
        assert last["event"] == "complete"


async def test_a_client_that_goes_ends_its_subscription(live: Live, client: Client) -> None:
    name = str(client.tenant)
    query = "subscription ($n: String!) { forever(name: $n) }"
    async with posted(live, client.key, query, n=name) as response, aclosing(frames(response)) as events:
        await anext(events)
        assert name in OPEN
    await until(lambda: name not in OPEN)


async def test_a_stream_that_fails_says_so_without_details(live: Live, client: Client) -> None:
    async with posted(live, client.key, "subscription { broken(kindly: false) }") as response:
        _, failure, last = [frame async for frame in frames(response)]
        assert orjson.loads(failure["data"])["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "lyric" not in failure["data"]
        assert last["event"] == "complete"


async def test_a_silent_stream_is_kept_alive_until_its_key_is_revoked(
    live: Live, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.1)
    name = str(client.tenant)
    query = "subscription ($n: String!) { forever(name: $n) }"
    async with posted(live, client.key, query, n=name) as response:
        chunks = response.aiter_text()
        seen = ""
        while seen.count(":\n\n") < 4:
            seen += await anext(chunks)
        async with live.database.transaction(client.tenant) as session:
            await session.execute(text("update api_keys set revoked_at = now()"))
        rest = "".join([chunk async for chunk in chunks])
    assert '"code":"UNAUTHENTICATED"' in rest
    assert rest.endswith("event: complete\ndata:\n\n")
    await until(lambda: name not in OPEN)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("TEXT/Event-Stream; charset=utf-8", True),
        ("text/event-stream, multipart/mixed", True),
        ("text/event-stream, */*;q=0.1", True),
        ("text/event-stream, application/json", True),
        ("application/json;q=0.5, text/event-stream;q=0.9", True),
        (URQL, False),
        ("*/*", False),
        ("", False),
        ("application/json, text/event-stream", False),
        ("text/event-stream;q=0.5, application/json", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=nonsense", False),
        ("text/event-stream;q=2, application/json;q=0.1", False),
        ("*/*, text/event-stream;q=0", False),
        ("application/*;q=0.9, text/event-stream;q=0.8", False),
    ],
)
def test_events_are_for_those_who_prefer_them(accept: str, wanted: bool) -> None:
    assert sse.wants_stream(accept) is wanted


def test_a_subscriber_has_to_take_events_at_all() -> None:
    assert sse.accepts_stream(URQL)
    assert sse.accepts_stream("*/*")
    assert not sse.accepts_stream("application/json")
    assert not sse.accepts_stream("*/*, text/event-stream;q=0")
