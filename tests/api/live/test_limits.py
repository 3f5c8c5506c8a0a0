"""What one tenant may hold open, and what ends it: expiry, and a client that takes nothing."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import httpx
import orjson
from sqlalchemy import func, update

from app.events.hub import PATIENCE_SECONDS, QUEUE_SIZE
from tenancy.models import ApiKey
from tests.api.live.client import opened
from tests.api.live.conftest import Client, Live
from tests.api.live.schema import OPEN
from tests.api.live.test_websocket import EVENTS, runs
from tests.builders import new_key, new_tenant
from tests.integration.events.helpers import record, until

FOREVER = "subscription ($n: String!) { forever(name: $n) }"


async def test_a_tenant_has_so_many_sockets_and_no_more(live: Live, client: Client) -> None:
    other = await new_key(live.database, await new_tenant(live.database))
    async with opened(live.socket("/capped"), client.key), opened(live.socket("/capped"), client.key) as last:
        async with opened(live.socket("/capped")) as refused:
            await refused.say(type="connection_init", payload={"authorization": f"Bearer {client.key}"})
            code, reason = await refused.closed()
            assert (code, "2 sockets" in reason) == (4429, True)
        async with opened(live.socket("/capped"), other) as theirs:
            await theirs.subscribe("1", "{ hello }")
            assert (await theirs.hear())["type"] == "next"
        await last.subscribe("1", "{ hello }")
        assert (await last.hear())["type"] == "next"
    # Those that are closed make room.
    async with opened(live.socket("/capped"), client.key):
        pass


async def test_a_tenant_has_so_many_operations_over_all_of_its_sockets(live: Live, client: Client) -> None:
    name = str(client.tenant)
    async with (
        opened(live.socket("/capped"), client.key) as one,
        opened(live.socket("/capped"), client.key) as two,
    ):
        for id_, sock in (("a", one), ("b", two), ("c", two)):
            await sock.subscribe(id_, FOREVER, n=name)
            assert (await sock.hear())["type"] == "next"
        await one.subscribe("d", "{ hello }")
        refused = await one.hear()
        assert (refused["type"], refused["id"]) == ("error", "d")
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPEN"
        await two.say(id="b", type="complete")

        async def there_is_room() -> bool:
            await one.subscribe("e", "{ hello }")
            first = await one.hear()
            if first["type"] == "next":
                assert (await one.hear())["type"] == "complete"
            return bool(first["type"] == "next")

        await until(there_is_room)
    await until(lambda: name not in OPEN)


async def test_a_key_that_expires_closes_what_is_open_at_that_moment(live: Live, client: Client) -> None:
    async with live.database.transaction(client.tenant) as session:
        await session.execute(update(ApiKey).values(expires_at=func.now() + timedelta(seconds=1.5)))
    async with opened(live.socket(), client.key) as sock:
        await sock.subscribe("f", FOREVER, n=str(client.tenant))
        assert (await sock.hear())["type"] == "next"
        code, reason = await sock.closed()
    assert (code, "expired" in reason) == (4403, True)
    await until(lambda: str(client.tenant) not in OPEN)


async def test_a_key_that_expires_ends_a_stream_of_events_with_the_reason(live: Live, client: Client) -> None:
    async with live.database.transaction(client.tenant) as session:
        await session.execute(update(ApiKey).values(expires_at=func.now() + timedelta(seconds=1.5)))
    headers = {"Authorization": f"Bearer {client.key}", "Accept": "text/event-stream"}
    body = {"query": FOREVER, "variables": {"n": str(client.tenant)}}
    async with httpx.AsyncClient(timeout=20) as http:
        response = await http.post(live.http, json=body, headers=headers)
    told = [orjson.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
    assert told[0]["data"]["forever"] == str(client.tenant)
    assert told[-1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_client_that_takes_nothing_is_told_and_slows_nobody(live: Live, client: Client) -> None:
    """Its socket is full long before all events are sent: the hub keeps some for it, and no more."""
    events, wide = 6_000, " ".join(f"k{n}: kind" for n in range(60))
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", live.port))
    async with (
        opened(live.socket(), client.key, sock=narrow, max_queue=1, compression=None) as slow,
        opened(live.socket(), client.key) as quick,
    ):
        before = live.hub.subscribers
        await slow.subscribe("s", f"subscription {{ events {{ cursor run kind {wide} }} }}")
        await quick.subscribe("q", EVENTS)
        await until(lambda: live.hub.subscribers == before + 2)
        for at in range(0, events, 500):
            await record(live.database, client.tenant, *range(at, at + 500))
            heard = await runs(quick, "q", 500)
            assert [int(event["run"]) for event in heard] == list(range(at, at + 500))
            held = [len(each._events) for each in live.hub._feeds[client.tenant].subscribers]
            assert max(held) <= QUEUE_SIZE
        assert sum(each.behind for each in live.hub._feeds[client.tenant].subscribers) == 1
        await asyncio.sleep(PATIENCE_SECONDS)
        # It is told of it once it takes something again, and then gets what it missed, whole.
        seen, missed = list[int](), 0
        while not seen or seen[-1] < events - 1:
            event = (await slow.hear())["payload"]["data"]["events"]
            if event["kind"] == "EventsMissed":
                missed += 1
            else:
                seen.append(int(event["run"]))
        assert seen == list(range(events))
        assert missed == 1
