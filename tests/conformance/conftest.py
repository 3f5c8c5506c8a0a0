"""Node, and what its programs are told in their environment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import pytest_asyncio

from tenancy.database import Database
from tests.api.live.conftest import Live, live
from tests.api.live.schema import schema
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.service import Service

__all__ = ["live"]

HERE = Path(__file__).parent
TRACKS = 7  # pages of three end in the middle of one


@pytest.fixture(scope="session")
def node() -> str:
    """The program; without it a test is skipped, except under `make conformance`."""
    program = shutil.which("node")
    if program is not None and (HERE / "node_modules").is_dir():
        return program
    if "RAP_ANALYZER_CONFORMANCE" in os.environ:
        pytest.fail("Node or its packages are missing.")
    pytest.skip("This needs Node and its packages: make conformance installs them.")


@pytest_asyncio.fixture
async def environment(service: Service, live: Live, database: Database, tmp_path: Path) -> dict[str, str]:
    """Addresses of the service and of the transports alone, and the key of a tenant of the test's own."""
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    songs = [song(f"Song {n}", artist=f"Singer {n % 2}") for n in range(TRACKS)]
    await add_tracks(database, tenant, songs)
    (tmp_path / "live.graphql").write_text(schema.as_str(), encoding="utf-8")
    return {
        **os.environ,
        "URL": f"{service.url}/graphql",
        "KEY": key,
        "LIVE": f"ws://127.0.0.1:{live.port}",
        "LIVE_SCHEMA": str(tmp_path / "live.graphql"),
        "OUTPUT": str(tmp_path),
    }
