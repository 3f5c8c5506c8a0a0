"""The tenants that `up` creates: their keys, their catalogue, and the file that tells programs about them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from app.analysis import runs
from app.catalog import tracks
from app.cli import demo
from app.cli.demo import Tenant
from app.cli.terminal import Progress, say
from app.embedded.files import write_private
from app.jobs import Priority
from app.provision import SETUP, create_tenant
from tenancy import api_keys, tenants
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.models import Plan
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.scopes import ROLES

NAMES: dict[Tenant, str] = {"northside": "Northside Records", "aurora": "Aurora Streaming"}
SHOWN_ROLES = ("admin", "analyst", "reader")
FILE = "demo.json"
WAIT_SECONDS = 180.0
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """`keys` are texts by role, secrets included."""

    slug: Tenant
    id: UUID
    keys: Mapping[str, str]

    @property
    def name(self) -> str:
        return NAMES[self.slug]


async def ensure(database: Database, data_dir: Path) -> list[DemoTenant]:
    """Both tenants with working keys: those of the last start where they still work, else new ones."""
    kept = kept_keys(data_dir / FILE)
    return [await ensure_one(database, slug, kept.get(slug, {})) for slug in NAMES]


async def ensure_one(database: Database, slug: Tenant, kept: Mapping[str, str]) -> DemoTenant:
    try:
        tenant = await tenants.by_slug(database, slug)
    except tenants.TenantNotFound:
        tenant = await create_tenant(database, slug, NAMES[slug], Plan.DEMO)
    authenticator = Authenticator(database)
    keys: dict[str, str] = {}
    for role in SHOWN_ROLES:
        if await works(authenticator, tenant, kept.get(role)):
            keys[role] = kept[role]
            continue
        async with database.transaction(tenant) as session:
            _, secret = await api_keys.create(
                session, tenant, f"Demo {role}", ROLES[role], SETUP, environment="demo"
            )
        keys[role] = secret.text
    return DemoTenant(slug, tenant, keys)


async def works(authenticator: Authenticator, tenant: UUID, key: str | None) -> bool:
    try:
        return (await authenticator.authenticate(f"Bearer {key}")).tenant == tenant if key else False
    except (Unauthenticated, TenantSuspended):
        return False


def kept_keys(path: Path) -> dict[str, dict[str, str]]:
    """Keys by slug and role, as the last start wrote them; nothing where the file is not usable."""
    try:
        return {tenant["slug"]: dict(tenant["keys"]) for tenant in orjson.loads(path.read_bytes())["tenants"]}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return {}


def write(prepared: list[DemoTenant], url: str, data_dir: Path) -> Path:
    """`demo.json`, for its owner alone: other programs read it once the service is ready."""
    told: dict[str, Any] = {
        "url": url,
        "tenants": [{"slug": tenant.slug, "id": str(tenant.id), "keys": tenant.keys} for tenant in prepared],
    }
    write_private(data_dir / FILE, orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
    return data_dir / FILE


async def load_catalogue(database: Database, tenant: DemoTenant) -> UUID | None:
    """Adds the tenant's songs and queues their analysis in one transaction, unless it has any tracks.

    Answers with the run, or None where there was nothing to do.
    """
    async with database.reading(tenant.id) as connection:
        if await connection.fetchval("select exists (select from tracks where tenant_id = $1)", tenant.id):
            return None
    async with database.transaction(tenant.id) as session:
        added = await tracks.add(session, tenant.id, demo.tracks(tenant.slug), Priority.INTERACTIVE)
        return await runs.start(session, tenant.id, [song.id for song in added])


async def analysed(database: Database, waiting: Mapping[UUID, UUID]) -> None:
    """Returns when the runs (by tenant) have ended and no track waits for its embedding.

    After WAIT_SECONDS it returns all the same: the service works meanwhile, and the rest goes on.
    """
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    progress = Progress("Analysing the demo songs", "songs", 1)
    try:
        while asyncio.get_running_loop().time() < deadline:
            states = [await state(database, tenant, run) for tenant, run in waiting.items()]
            total, done = sum(each[0] for each in states), sum(each[1] for each in states)
            progress.total = max(total, 1)
            progress.update(done, done)
            if all(each[2] for each in states):
                return
            await asyncio.sleep(POLL_SECONDS)
    finally:
        progress.close()
        say(f"{progress.doing}: {progress.count} songs in {progress.seconds:.1f} s")


async def state(database: Database, tenant: UUID, run: UUID) -> tuple[int, int, bool]:
    """Tracks of the run, tracks that it no longer waits for, and whether run and embeddings are done."""
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow(
            "select r.total, r.total - (select count(*) from run_items i"
            "   where i.tenant_id = r.tenant_id and i.run_id = r.id) as done,"
            " r.finished_at is not null and not exists (select from tracks t where t.tenant_id = r.tenant_id"
            "   and not exists (select from passages p"
            "     where p.tenant_id = t.tenant_id and p.track_id = t.id)) as complete"
            " from runs r where r.tenant_id = $1 and r.id = $2",
            tenant,
            run,
        )
    return row["total"], row["done"], row["complete"]
