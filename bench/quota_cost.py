"""What authentication, charge and headers cost a request, in µs of this process's CPU.

Run: python -m bench.quota_cost [requests]. Starts a Postgres and a Valkey of its own. Valkey's own CPU is not
in the figure; the aim is 150 µs.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import uvloop
from redis.asyncio import Redis

from api import rate_limit
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey
from app.migrate import migrate
from app.provision import SETUP, create_tenant
from tenancy import api_keys
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.models import Plan
from tenancy.quotas import Quotas
from tenancy.scopes import ROLES
from tests.databases import LOGIN, PASSWORD

CONCURRENT = 16


async def measure(database: Database, valkey: Redis, requests: int) -> None:
    tenant = await create_tenant(database, "bench", "Bench", Plan.DEMO)
    async with database.transaction(tenant) as session:
        _, secret = await api_keys.create(
            session, tenant, "bench", ROLES["reader"], SETUP, environment="demo"
        )
    authenticator, quotas = Authenticator(database), Quotas(valkey, database)
    settling = asyncio.create_task(quotas.keep())

    async def ask(times: int) -> None:
        for _ in range(times):
            principal = await authenticator.authenticate(f"Bearer {secret.text}")
            charge = await quotas.charge(principal, 100, "Feed")
            quotas.give_back(principal, charge, 60)
            rate_limit.headers(charge.without(60))

    await ask(200)
    for concurrent in (1, CONCURRENT):
        cpu, wall = process_time(), perf_counter()
        await asyncio.gather(*(ask(requests // concurrent) for _ in range(concurrent)))
        each = 1e6 / (requests // concurrent * concurrent)
        print(
            f"{concurrent:3} at once: {(process_time() - cpu) * each:.0f} µs CPU,"
            f" {(perf_counter() - wall) * each:.0f} µs of wall clock a request"
        )
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)
    await quotas.close()


async def main(requests: int) -> None:
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        async with (
            EmbeddedPostgres(Path(folder) / "postgres", durable=False) as postgres,
            EmbeddedValkey(Path(folder) / "valkey", durable=False) as server,
            Redis.from_url(server.url) as valkey,
        ):
            await migrate(await postgres.ensure_database("bench"))
            owner = await postgres.connect()
            await owner.execute(f"create role {LOGIN} login password '{PASSWORD}'")
            await owner.execute(f"grant rap_analyzer_app to {LOGIN} with inherit false, set true")
            await owner.close()
            database = Database(f"postgresql://{LOGIN}:{PASSWORD}@127.0.0.1:{postgres.port}/bench")
            await measure(database, valkey, requests)
            await database.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
