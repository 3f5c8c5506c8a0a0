"""graphql-transport-ws: who is let in, and with which code the others are shown out."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.api.live.client import opened
from tests.api.live.conftest import Client, Live


async def test_pings_are_answered_with_their_payload(live: Live, client: Client) -> None:
    async with opened(live.socket()) as socket:
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.say(type="connection_init", payload={"Authorization": f"Bearer {client.key}"})
        assert await socket.hear() == {"type": "connection_ack"}
        await socket.say(type="ping", payload={"n": 1})
        assert await socket.hear() == {"type": "pong", "payload": {"n": 1}}


async def test_the_key_may_come_in_the_header(live: Live, client: Client) -> None:
    headers = {"Authorization": f"Bearer {client.key}"}
    async with opened(live.socket(), additional_headers=headers) as socket:
        await socket.say(type="connection_init")
        assert await socket.hear() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "frame",
    [
        "", "x", "[]", "1", "null", '"text"', "{}", "[" * 100_000, '{"type": 1}', '{"type": []}',
        '{"type": "nonsense"}', '{"type": "next", "id": "1", "payload": {}}', '{"type": "connection_ack"}',
        '{"type": "ping", "payload": "x"}', '{"type": "pong", "payload": [1]}',
        '{"type": "complete"}', '{"type": "complete", "id": 1}', '{"type": "complete", "id": null}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": [1], "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": {}, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "1"}', '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": "{ hello }"}',
        '{"type": "subscribe", "id": "1", "payload": ["{ hello }"]}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": null}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": "x"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": [1]}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "operationName": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "extensions": 1}}',
        '{"type": "subscribe", "id": "\\ud800", "payload": {"query": "{ hello }"}}',
        b'{"type": "ping"}',
    ],
)  # fmt: skip
async def test_what_is_no_message_closes_with_4400(live: Live, client: Client, frame: str | bytes) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.connection.send(frame)
        assert (await socket.closed())[0] == 4400
    async with opened(live.socket()) as socket:  # the same before connection_init
        await socket.connection.send(frame)
        assert (await socket.closed())[0] == 4400


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"authorization": "Bearer rap_live_nonsense"}, {"authorization": 1}, {"authorization": "x"}],
)
async def test_a_bad_key_closes_with_4403(live: Live, payload: dict[str, Any] | None) -> None:
    async with opened(live.socket()) as socket:
        await socket.say(type="connection_init", **({} if payload is None else {"payload": payload}))
        code, reason = await socket.closed()
        assert code == 4403
        assert reason.startswith("Forbidden: ")


async def test_each_breach_of_order_has_its_code(live: Live, client: Client) -> None:
    async with opened(live.socket()) as socket:
        await socket.subscribe("q", "{ hello }")
        assert (await socket.closed())[0] == 4401
    async with opened(live.socket(), client.key) as socket:
        await socket.say(type="connection_init")
        assert (await socket.closed())[0] == 4429
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("same", "{ slow }")
        await socket.subscribe("same", "{ hello }")
        assert await socket.closed() == (4409, "Subscriber for same already exists")
    async with opened(live.socket("/impatient")) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")
    async with opened(live.socket(), subprotocols=["graphql-ws"]) as socket:
        assert (await socket.closed())[0] == 4406
    async with opened(live.socket(), subprotocols=None) as socket:
        assert (await socket.closed())[0] == 4406


@pytest.mark.parametrize("origin", ["https://foe.example", "null", "http://[", "http://127.0.0.1"])
async def test_pages_of_other_origins_are_refused(live: Live, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(live.socket(), origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_pages_and_friends_are_welcome(live: Live, client: Client) -> None:
    for origin in (f"http://127.0.0.1:{live.port}", "https://friend.example"):
        async with opened(live.socket(), client.key, origin=origin) as socket:
            await socket.subscribe("q", "{ hello }")
            assert (await socket.hear())["type"] == "next"
