"""The subscriptions of the schema, through the running service: whole, in order, resumed, and confined."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest

from api.execution.subscribing import SHARED_SECONDS
from tenancy.database import Database
from tenancy.scopes import Scope
from tests.api.live.client import PATIENCE, Socket, opened
from tests.builders import Tenant, new_key, new_tenant, song
from tests.service import Service

ANALYZERS = ["content", "emotion", "rhyme", "themes", "vocabulary"]
EVENTS = """subscription ($after: String, $run: ID, $tracks: [ID!]) {
  analysisEvents(after: $after, run: $run, tracks: $tracks) {
    __typename ... on Event { cursor at }
    ... on AnalysisCompleted { analysis { analyzer { name } track { id title } } }
    ... on AnalysisFailed { track { id } reason }
    ... on RunProgressed { run { id } }
    ... on RunFinished { run { id status progress { total completed failed } } } } }"""
USAGE = "subscription ($after: String) { usageEvents(after: $after) { cursor used limit } }"
ADD = """mutation ($i: AddTracksInput!) { addTracks(input: $i) {
  ... on AddTracksPayload { tracks { id } run { id } } } }"""


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


@pytest.fixture
async def stranger(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def add(service: Service, tenant: Tenant, count: int = 1) -> tuple[list[str], str]:
    """Ids of new tracks and of the run that analyses them."""
    songs = [song() for _ in range(count)]
    tracks = [{"title": new.title, "artist": new.artist, "lyrics": new.lyrics} for new in songs]
    added = (await service.data(tenant.key, ADD, i={"tracks": tracks, "analyze": True}))["addTracks"]
    return [track["id"] for track in added["tracks"]], added["run"]["id"]


async def until_finished(socket: Socket, run: str) -> list[dict[str, Any]]:
    """All events up to the one that says that the run has finished."""
    heard: list[dict[str, Any]] = []
    while not (heard and heard[-1]["__typename"] == "RunFinished" and heard[-1]["run"]["id"] == run):
        message = await socket.hear()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message["payload"]["errors"]
        heard.append(message["payload"]["data"]["analysisEvents"])
    return heard


def address(service: Service) -> str:
    return service.url.replace("http", "ws") + "/graphql"


async def test_a_run_is_told_whole_and_resumes_from_any_cursor(service: Service, tenant: Tenant) -> None:
    async with opened(address(service), tenant.key) as socket:
        before = await service.metric("rap_analyzer_subscribers")
        await socket.subscribe("1", EVENTS)
        await service.followed_by(int(before) + 1)
        tracks, run = await add(service, tenant, 3)
        heard = await until_finished(socket, run)
    completed = [event["analysis"] for event in heard if event["__typename"] == "AnalysisCompleted"]
    for track in tracks:
        names = [each["analyzer"]["name"] for each in completed if each["track"]["id"] == track]
        assert sorted(names) == ANALYZERS
    assert heard[-1]["run"] == {
        "id": run, "status": "COMPLETED", "progress": {"total": 3, "completed": 3, "failed": 0},
    }  # fmt: skip
    for index in (0, len(heard) // 2, len(heard) - 2):
        async with opened(address(service), tenant.key) as socket:
            await socket.subscribe("1", EVENTS, after=heard[index]["cursor"])
            assert [event["cursor"] for event in await until_finished(socket, run)] == [
                event["cursor"] for event in heard[index + 1 :]
            ]


async def test_filters_leave_out_other_runs_and_tracks(service: Service, tenant: Tenant) -> None:
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("all", EVENTS)
        await asyncio.sleep(0.2)
        (first,), first_run = await add(service, tenant)
        begin = (await until_finished(socket, first_run))[0]["cursor"]
        (second,), second_run = await add(service, tenant)
        await until_finished(socket, second_run)
        await socket.say(id="all", type="complete")
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("run", EVENTS, after=begin, run=second_run)
        of_run = await until_finished(socket, second_run)
    assert {event["analysis"]["track"]["id"] for event in of_run if "analysis" in event} == {second}
    assert {event["run"]["id"] for event in of_run if "run" in event} == {second_run}
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("tracks", EVENTS, after=begin, tracks=[second])
        of_track = [(await socket.hear())["payload"]["data"]["analysisEvents"] for _ in ANALYZERS]
    assert [event["analysis"]["track"]["id"] for event in of_track] == [second] * len(ANALYZERS)
    assert first != second


async def test_another_tenants_events_do_not_arrive(
    service: Service, tenant: Tenant, stranger: Tenant
) -> None:
    async with opened(address(service), stranger.key) as socket, opened(address(service), tenant.key) as own:
        await socket.subscribe("1", EVENTS)
        await own.subscribe("1", EVENTS)
        await asyncio.sleep(0.2)
        tracks, run = await add(service, tenant)
        cursor = (await until_finished(own, run))[0]["cursor"]
        theirs, their_run = await add(service, stranger)
        heard = await until_finished(socket, their_run)
        # Neither a cursor, nor a run, nor a track of others opens a way to their events.
        await socket.say(id="1", type="complete")
        for id_, narrowed in (("2", {"run": run}), ("3", {"tracks": tracks}), ("4", {"after": cursor})):
            await socket.subscribe(id_, EVENTS, **narrowed)
        _, last_run = await add(service, stranger)
        heard += await until_finished(socket, last_run)
    assert {event["analysis"]["track"]["id"] for event in heard if "analysis" in event} & {*tracks} == set()
    assert theirs[0] in str(heard)
    assert run not in str(heard)


@pytest.mark.parametrize(
    ("scope", "query"), [(Scope.TRACKS_READ, EVENTS), (Scope.USAGE_READ, USAGE)], ids=["analyses", "usage"]
)
async def test_a_subscription_needs_its_scope(
    service: Service, database: Database, tenant: Tenant, scope: Scope, query: str
) -> None:
    without = await new_key(database, tenant.id, *(frozenset(Scope) - {scope}))
    async with opened(address(service), without) as socket:
        await socket.subscribe("1", query)
        message = await socket.hear()
    assert message["payload"]["data"] is None
    assert [error["extensions"] for error in message["payload"]["errors"]] == [
        {"code": "FORBIDDEN", "scope": scope}
    ]


async def test_usage_is_the_tenants_own(service: Service, tenant: Tenant, stranger: Tenant) -> None:
    await service.data(stranger.key, "{ tracks(first: 100) { nodes { id } } }")
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("1", USAGE)
        before = (await socket.hear())["payload"]["data"]["usageEvents"]
        assert before["used"] < 100  # the subscription itself; the stranger's query cost more
        await service.data(tenant.key, "{ tracks(first: 100) { nodes { id } } }")
        after = (await socket.hear())["payload"]["data"]["usageEvents"]
    assert before["used"] < after["used"] <= after["limit"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"after": "yesterday"}, "cursor"),
        ({"run": "trk_" + "0" * 32}, "run_"),
        ({"tracks": ["no id"]}, "trk_"),
    ],
)
async def test_wrong_arguments_are_refused_kindly(
    service: Service, tenant: Tenant, values: dict[str, Any], told: str
) -> None:
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("1", EVENTS, **values)
        message = await socket.hear()
    (error,) = message["payload"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert told in error["message"]


async def test_a_stream_of_server_sent_events_says_the_same(service: Service, tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {tenant.key}", "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=service.url, timeout=PATIENCE) as http,
        http.stream("POST", "/graphql", json={"query": EVENTS}, headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        await anext(lines)  # the comment that says that the server follows
        _, run = await add(service, tenant)
        heard: list[tuple[str, Any]] = []
        id_ = ""
        async for line in lines:
            if line.startswith("id: "):
                id_ = line[4:]
            elif line.startswith("data: ") and line != "data: ":
                heard.append((id_, orjson.loads(line[6:])["data"]["analysisEvents"]))
                if heard[-1][1]["__typename"] == "RunFinished":
                    break
    assert [id_ for id_, _ in heard] == [event["cursor"] for _, event in heard]
    assert heard[-1][1]["run"]["id"] == run
    assert len([event for _, event in heard if "analysis" in event]) == len(ANALYZERS)


async def test_events_of_deleted_tracks_are_passed_by_with_their_cursors(
    service: Service, tenant: Tenant
) -> None:
    tracks, run = await add(service, tenant)
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("1", EVENTS, after="0-0")
        heard = await until_finished(socket, run)
    delete = "mutation ($i: DeleteTracksInput!) { deleteTracks(input: $i) { __typename } }"
    await service.data(tenant.key, delete, i={"ids": tracks})
    await asyncio.sleep(2 * SHARED_SECONDS)
    async with opened(address(service), tenant.key) as socket:
        await socket.subscribe("1", EVENTS, after="0-0")
        again = await until_finished(socket, run)
    assert [event["cursor"] for event in again] == [event["cursor"] for event in heard]
    assert {event["analysis"] for event in again if "analysis" in event} == {None}


QUOTES = """subscription { analysisEvents { __typename
  ... on AnalysisCompleted { analysis { analyzer { name } evidence { text } } }
  ... on RunFinished { run { id } } } }"""


async def test_who_sees_the_same_event_at_the_same_moment_sees_it_by_their_own_scopes(
    service: Service, database: Database, tenant: Tenant
) -> None:
    scopes = ((Scope.TRACKS_READ, Scope.LYRICS_READ), (Scope.TRACKS_READ,), (Scope.TRACKS_READ,))
    keys = [await new_key(database, tenant.id, *each) for each in scopes]
    async with AsyncExitStack() as open_:
        sockets = [await open_.enter_async_context(opened(address(service), key)) for key in keys]
        for socket in sockets:
            await socket.subscribe("1", QUOTES)
        await asyncio.sleep(0.2)
        await add(service, tenant)
        heard = [[(await socket.hear())["payload"] for _ in ANALYZERS] for socket in sockets]
    quotes = [[texts(payload) for payload in payloads] for payloads in heard]
    assert any(any(each) for each in quotes[0])
    assert not any(any(each) for each in quotes[1])
    assert all("errors" not in payload for payload in heard[0])
    assert heard[1] == heard[2] != heard[0]


def texts(payload: Any) -> list[str | None]:
    return [each["text"] for each in payload["data"]["analysisEvents"]["analysis"]["evidence"]]
