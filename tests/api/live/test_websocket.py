"""graphql-transport-ws over real sockets: the protocol, to the letter and against it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from tests.api.live.client import Socket, opened
from tests.api.live.conftest import Client, Live
from tests.api.live.schema import OPEN
from tests.builders import new_key, new_tenant
from tests.integration.events.helpers import record, until

EVENTS = "subscription ($after: String) { events(after: $after) { cursor kind run } }"


async def runs(socket: Socket, id_: str, count: int) -> list[dict[str, Any]]:
    """The next events of one subscription."""
    messages = [await socket.hear() for _ in range(count)]
    assert {(message["id"], message["type"]) for message in messages} == {(id_, "next")}, messages
    return [message["payload"]["data"]["events"] for message in messages]


async def test_queries_and_mutations_answer_and_complete(live: Live, client: Client) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("q", "query ($name: String!) { hello(name: $name) tenant }", name="Анна")
        answer = await socket.hear()
        assert answer["payload"]["data"] == {"hello": "Hello, Анна", "tenant": str(client.tenant)}
        assert answer["payload"]["extensions"]["cost"]["requested"] >= 1
        assert await socket.hear() == {"type": "complete", "id": "q"}
        await socket.subscribe("q", "mutation { double(number: 21) }")  # the id is free again
        assert (await socket.hear())["payload"]["data"] == {"double": 42}
        assert await socket.hear() == {"type": "complete", "id": "q"}


async def test_a_subscription_sends_its_results_and_completes(live: Live, client: Client) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("s", "subscription { count(to: 3) }")
        for number in (1, 2, 3):
            assert await socket.hear() == {"type": "next", "id": "s", "payload": {"data": {"count": number}}}
        assert await socket.hear() == {"type": "complete", "id": "s"}


async def test_operations_run_side_by_side(live: Live, client: Client) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("slow", "{ slow }")
        await socket.subscribe("quick", "{ hello }")
        assert (await socket.hear())["id"] == "quick"


async def test_complete_ends_an_operation_and_frees_its_id(live: Live, client: Client) -> None:
    name = str(client.tenant)
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("f", "subscription ($name: String!) { forever(name: $name) }", name=name)
        assert (await socket.hear())["payload"]["data"] == {"forever": name}
        assert name in OPEN
        await socket.say(id="f", type="complete")
        await socket.subscribe("f", "subscription { count(to: 1) }")
        assert (await socket.hear())["payload"]["data"] == {"count": 1}
        assert await socket.hear() == {"type": "complete", "id": "f"}
        await until(lambda: name not in OPEN)
        await socket.say(id="unknown", type="complete")  # it may have crossed ours
        await socket.subscribe("q", "{ hello }")
        assert (await socket.hear())["id"] == "q"


async def test_a_client_that_goes_ends_its_operations(live: Live, client: Client) -> None:
    names = [f"{client.tenant}-{number}" for number in range(3)]
    async with opened(live.socket(), client.key) as socket:
        for name in names:
            await socket.subscribe(name, "subscription ($n: String!) { forever(name: $n) }", n=name)
            await socket.hear()
        assert OPEN.issuperset(names)
        socket.connection.transport.abort()  # without a goodbye
    await until(lambda: OPEN.isdisjoint(names))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_an_invalid_document_leaves_the_socket_open(
    live: Live, client: Client, query: str, code: str
) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("bad", query)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "bad")
        assert message["payload"][0]["extensions"]["code"] == code
        await socket.subscribe("bad", "{ hello }")
        assert (await socket.hear())["payload"]["data"] == {"hello": "Hello, you"}


async def test_wrong_variables_and_failing_fields_are_results(live: Live, client: Client) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("v", "subscription ($to: Int!) { count(to: $to) }", to="many")
        message = await socket.hear()
        assert message["type"] == "next"
        assert "data" not in message["payload"]
        assert message["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert (await socket.hear())["type"] == "complete"
        await socket.subscribe("b", "{ boom hello }")
        payload = (await socket.hear())["payload"]
        assert payload["data"] == {"boom": None, "hello": "Hello, you"}
        assert payload["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "lyric" not in str(payload)


@pytest.mark.parametrize(("kindly", "code"), [(True, "BAD_USER_INPUT"), (False, "INTERNAL")])
async def test_a_stream_that_fails_ends_with_an_error(
    live: Live, client: Client, kindly: bool, code: str
) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe(
            "b", "subscription ($kindly: Boolean!) { broken(kindly: $kindly) }", kindly=kindly
        )
        assert (await socket.hear())["payload"] == {"data": {"broken": 1}}
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "b")
        assert message["payload"][0]["extensions"]["code"] == code
        assert "lyric" not in str(message)
        await socket.subscribe("b", "{ hello }")
        assert (await socket.hear())["type"] == "next"


async def test_a_spent_quota_is_an_error_of_that_operation(live: Live, client: Client) -> None:
    async with opened(live.socket(), client.key) as socket:
        live.broke.add(client.tenant)
        await socket.subscribe("q", "{ hello }")
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "q")
        extensions = message["payload"][0]["extensions"]
        assert (extensions["code"], extensions["retryAfterSeconds"]) == ("QUOTA_EXCEEDED", 3)
        live.broke.discard(client.tenant)
        await socket.subscribe("q", "{ hello }")
        assert (await socket.hear())["type"] == "next"


async def test_a_silent_client_is_pinged_and_then_left(live: Live, client: Client) -> None:
    async with opened(live.socket("/pinging"), client.key) as socket:
        assert await asyncio.wait_for(socket.connection.recv(), 20) == '{"type":"ping"}'
        assert (await socket.closed())[0] == 1001


async def test_a_client_that_answers_pings_stays(live: Live, client: Client) -> None:
    async with opened(live.socket("/pinging"), client.key) as socket:
        for _ in range(5):
            assert await asyncio.wait_for(socket.connection.recv(), 20) == '{"type":"ping"}'
            await socket.say(type="pong")
        await socket.subscribe("q", "{ hello }")
        assert (await socket.hear())["type"] == "next"


async def test_a_revoked_key_closes_what_is_open(live: Live, client: Client) -> None:
    name = str(client.tenant)

    async def answer_pings(socket: Socket) -> None:
        while True:
            await asyncio.sleep(0.1)
            await socket.say(type="pong")

    async with opened(live.socket("/pinging"), client.key) as socket:
        await socket.subscribe("f", "subscription ($n: String!) { forever(name: $n) }", n=name)
        await socket.hear()
        answering = asyncio.create_task(answer_pings(socket))
        async with live.database.transaction(client.tenant) as session:
            await session.execute(text("update api_keys set revoked_at = now()"))
        assert (await socket.closed())[0] == 4403
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
    await until(lambda: name not in OPEN)


async def test_events_resume_where_the_client_left_off(live: Live, client: Client) -> None:
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("e", EVENTS)
        await until(lambda: client.tenant in live.hub._feeds)
        await record(live.database, client.tenant, 1, 2, 3)
        first, second = await runs(socket, "e", 2)
        assert (first["run"], second["run"]) == ("1", "2")
    await record(live.database, client.tenant, 4)
    async with opened(live.socket(), client.key) as socket:
        await socket.subscribe("e", EVENTS, after=second["cursor"])
        assert [event["run"] for event in await runs(socket, "e", 2)] == ["3", "4"]
        await record(live.database, client.tenant, 5)
        assert [event["run"] for event in await runs(socket, "e", 1)] == ["5"]
    await until(lambda: client.tenant not in live.hub._feeds)


async def test_another_tenant_gets_none_of_it(live: Live, client: Client) -> None:
    other = await new_tenant(live.database)
    other_key = await new_key(live.database, other)
    async with opened(live.socket(), client.key) as ours, opened(live.socket(), other_key) as theirs:
        await ours.subscribe("e", EVENTS, after="0-0")
        await theirs.subscribe("e", EVENTS, after="0-0")
        await record(live.database, client.tenant, 1)
        assert [event["run"] for event in await runs(ours, "e", 1)] == ["1"]
        await record(live.database, other, 2)
        assert [event["run"] for event in await runs(theirs, "e", 1)] == ["2"]
