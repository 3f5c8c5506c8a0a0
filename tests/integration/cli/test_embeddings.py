"""rap-analyzer embeddings: how far tenants are, and what a new model's numbers mean."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy import delete

from app.catalog import tracks
from app.catalog.models import EmbedItem
from app.search import index, passes
from app.search.embeddings import FastEmbedder
from app.search.spaces import Spaces
from app.settings import Settings
from tenancy import tenants
from tenancy.database import Database
from tests.builders import new_tenant, song
from tests.embedding_server import MODEL, embedding_server
from tests.integration.cli.conftest import Cli

OTHER = FastEmbedder(space="another-space")


async def test_it_lists_how_far_a_tenant_is_and_what_answers(cli: Cli, database: Database) -> None:
    tenant = await new_tenant(database)
    slug = next(row["slug"] for row in await tenants.every(database) if row["id"] == tenant)
    await passes.see_to(database, tenant, Spaces([MODEL, OTHER]))
    await passes.complete(database, tenant, Spaces([MODEL, OTHER]))  # of nothing
    async with database.transaction(tenant) as session:
        first, _ = (each.id for each in await tracks.add(session, tenant, [song(), song()]))
        # Else a worker of other tests embeds them both.
        await session.execute(delete(EmbedItem).where(EmbedItem.tenant_id == tenant))
    async with database.reading(tenant) as connection:
        lyrics = await index.load(connection, tenant, [first])
    async with database.transaction(tenant) as session:
        await index.store(session, tenant, MODEL.space, index.compute(MODEL, lyrics))
    listed = await asyncio.to_thread(cli, "embeddings", "list", "--tenant", slug)
    assert [line.split() for line in listed.out.splitlines()] == [
        [slug, MODEL.space, "1", "of", "2", "answers"],
        [slug, OTHER.space, "0", "of", "2", "is", "being", "filled"],  # by no model of these settings
    ]
    missing = await asyncio.to_thread(cli, "embeddings", "list", "--tenant", "nobody")
    assert (missing.status, missing.out) == (1, "")
    assert "There is no tenant nobody." in missing.err


async def test_it_measures_a_servers_model_and_prints_its_entry(
    run: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedding_server() as server:
        address = ("--base-url", f"{server.url}/v1")
        told = await asyncio.to_thread(run, "embeddings", "measure", "openai:model", *address)
        monkeypatch.setenv("RAP_ANALYZER_EMBEDDERS", f"[{told.out}]")
        (embedder,) = Settings().text_embedders()
        assert embedder.space == "openai:model:512"
        # What the same model has by itself, from labelled queries.
        for name in ("background", "foreground", "unrelated"):
            assert json.loads(told.out)[name] == pytest.approx(getattr(MODEL, name), abs=0.1)
        server.status = 500
        failed = await asyncio.to_thread(run, "embeddings", "measure", "openai:model", *address)
    assert failed.status == 1
    assert "openai:model can't be measured: openai:model:1 gave no vectors (500)." in failed.err
    assert (await asyncio.to_thread(run, "embeddings", "measure", "model")).status == 2
