"""The planner answers like plain graphql-core over the same rows: data, their order, and errors.

Left out are fields that need a model or what other processes count: searchTracks, recommendTracks, similar
and usage; of trends the filter and dates. The quota, trends and evolution are recorded from their services.
RAP_ANALYZER_DIFFERENTIAL_EXAMPLES says how many documents are tried, each with several requests.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings

from api.execution.engine import Engine
from api.requests import opener
from api.schema import schema
from app.embedded.postgres_server import PostgresServer
from app.lifespan import open_state
from tests.databases import another
from tests.differential import catalogue, recorded
from tests.differential.answers import Sides
from tests.differential.documents import Case, Run, cases
from tests.differential.reference import build
from tests.differential.regressions import REGRESSIONS
from tests.differential.resolvers import RESOLVERS
from tests.differential.rows import load
from tests.service import Service

GIVEN = os.environ.get("RAP_ANALYZER_DIFFERENTIAL_EXAMPLES")
REFERENCE = build(RESOLVERS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sides(service: Service, postgres_server: PostgresServer, database_url: str) -> AsyncIterator[Sides]:
    # A database where no worker goes on with the runs of the catalogue.
    url = await another(postgres_server, database_url, "rap_differential")
    owner = await asyncpg.connect(await postgres_server.ensure_database("rap_differential"), ssl=False)
    await catalogue.fill(owner)
    rows = await load(owner, catalogue.TENANT)
    await owner.close()
    async with open_state(service.settings.model_copy(update={"database_url": url})) as state:
        services = state["services"]
        yield Sides(Engine(schema), opener(services), REFERENCE, rows, await recorded.record(services))


async def compare(sides: Sides, text: str, run: Run) -> None:
    planned, plain = await sides.both(text, run)
    assert planned == plain, f"{text}\n{run}"


@pytest.mark.parametrize("name", list(REGRESSIONS))
async def test_what_once_went_wrong(sides: Sides, name: str) -> None:
    await compare(sides, *REGRESSIONS[name])


# A document that fails can be large; Hypothesis makes it smaller before it is shown.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(case=cases(REFERENCE))
@settings(
    max_examples=int(GIVEN or 2500),
    derandomize=GIVEN is None,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
async def test_generated_documents(sides: Sides, case: Case) -> None:
    for run in case.runs:
        await compare(sides, case.text, run)
