"""gql, the Python client: introspection, typed documents, errors, and subscriptions over WebSocket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.async_transport import AsyncTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError

from api.schema import schema
from tests.builders import song

OPERATIONS = Path(__file__).resolve().parents[2] / "graphql" / "operations"


@pytest.fixture
def transports(environment: dict[str, str]) -> dict[str, AsyncTransport]:
    url, key = environment["URL"], f"Bearer {environment['KEY']}"
    return {
        "http": AIOHTTPTransport(url, headers={"Authorization": key}),
        "socket": WebsocketsTransport(url.replace("http", "ws"), init_payload={"authorization": key}),
    }


def operation(name: str, **variables: Any) -> GraphQLRequest:
    text = (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")
    return GraphQLRequest(text, variable_values=variables)


async def test_it_reads_the_schema_and_checks_documents_by_it(transports: dict[str, AsyncTransport]) -> None:
    async with Client(transport=transports["http"], fetch_schema_from_transport=True) as session:
        read = session.client.schema
        assert read is not None
        assert {*read.type_map} == {*schema._schema.type_map}
        assert len((await session.execute(operation("Feed", first=3)))["tracks"]["edges"]) == 3
        with pytest.raises(GraphQLError, match="Cannot query field 'nothing'"):
            await session.execute(gql("{ nothing }"))


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_it_pages_over_either_transport(transports: dict[str, AsyncTransport], transport: str) -> None:
    titles: list[str] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    async with Client(transport=transports[transport]) as session:
        while page["hasNextPage"]:
            feed = operation("Feed", first=2, after=page["endCursor"])
            tracks = (await session.execute(feed))["tracks"]
            titles += [edge["node"]["title"] for edge in tracks["edges"]]
            page = tracks["pageInfo"]
    assert sorted(titles) == [f"Song {n}" for n in range(7)]


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_errors_have_their_codes(transports: dict[str, AsyncTransport], transport: str) -> None:
    async with Client(transport=transports[transport]) as session:
        for query, code in (
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
            ("{ artist { id } }", "BAD_USER_INPUT"),
        ):
            with pytest.raises(TransportQueryError) as refused:
                await session.execute(gql(query))
            assert [error["extensions"]["code"] for error in refused.value.errors or ()] == [code]
        assert (await session.execute(gql("{ __typename }"))) == {"__typename": "Query"}


async def test_it_watches_an_analysis_to_its_end(transports: dict[str, AsyncTransport]) -> None:
    new = song()
    track = {"title": new.title, "artist": new.artist, "lyrics": new.lyrics}
    async with (
        Client(transport=transports["http"]) as asking,
        Client(transport=transports["socket"]) as watching,
    ):
        added = await asking.execute(operation("AddTracks", input={"tracks": [track], "analyze": True}))
        run = added["addTracks"]["run"]["id"]
        types: list[str] = []
        async for result in watching.subscribe(operation("WatchAnalyses", after="0-0", run=run)):
            types.append(result["analysisEvents"]["__typename"])
            if types[-1] == "RunFinished":
                break
    assert types.count("AnalysisCompleted") == 5
