"""What a mutation answers with is planned once for a document, whatever its variables."""

from __future__ import annotations

from uuid import uuid4

import orjson

from api.cost import Estimate
from api.encoding import encode_execution
from api.execution.engine import Engine
from api.requests import opener
from api.schema import schema
from app.lifespan import open_state
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.scopes import ROLES
from tests.builders import VERSE, new_tenant
from tests.service import Service

ADD = """mutation ($title: String!, $more: Boolean!) {
  addTracks(input: { tracks: [{ title: $title, artist: "Ada", lyrics: "LYRICS" }] }) {
    ... on AddTracksPayload { tracks { title language @include(if: $more) lyrics { wordCount } } } } }"""


async def test_a_payloads_plan_is_kept(service: Service, database: Database) -> None:
    tenant = await new_tenant(database)
    engine = Engine(schema)
    document = engine.documents.get(ADD.replace("LYRICS", VERSE.replace("\n", "\\n")))
    operation = document.operation(None)
    answers, plans = [], []
    async with open_state(service.settings) as state:
        for title, more, role in (
            ("One", True, "admin"), ("Two", True, "admin"), ("Three", False, "admin"), ("Four", True, "bare"),
        ):  # fmt: skip
            scopes = ROLES["admin"] if role == "admin" else ROLES["admin"] - {"lyrics:read"}
            principal = Principal(tenant, "tenant", "DEMO", uuid4(), "key", frozenset(scopes))
            context = await opener(state["services"])(principal, Estimate(0))
            bound = engine.bind(document, operation, {"title": title, "more": more})
            result = await engine.execute(bound, context)
            answers.append(orjson.loads(encode_execution(result, context)))
            plans.append(len(operation.plans))
    tracks = [answer["data"]["addTracks"]["tracks"][0] for answer in answers]
    assert [track["title"] for track in tracks] == ["One", "Two", "Three", "Four"]
    assert [track.get("language") for track in tracks] == ["en", "en", None, "en"]
    assert plans == [1, 1, 2, 3]
    assert tracks[3]["lyrics"] is None
    (error,) = answers[3]["errors"]
    assert error["path"] == ["addTracks", "tracks", 0, "lyrics"]
    assert error["extensions"] == {"code": "FORBIDDEN", "scope": "lyrics:read"}
