"""The relay: hears of events in the outbox and has them published. Any number of relays may run.

It listens for the notifications of `outbox.record`, and looks every few seconds for what it did not
hear of: a notification is lost with its connection, and none passes a transaction-pooling PgBouncer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from app.events.outbox import CHANNEL
from app.events.publication import Report, carry, prune, unreported
from app.events.tasks import end
from tenancy.database import Database
from tenancy.valkey import Valkey, impatient

log = structlog.get_logger(__name__)

LANES = 4  # tenants whose events are carried at once
SWEEP_SECONDS = 2.0  # for notifications that were lost
PRUNE_SECONDS = 60.0
VALKEY_SECONDS = 5.0


async def run_relay(
    database: Database, valkey: Valkey, stop: asyncio.Event, report: Report = unreported
) -> None:
    """Relays the events of all tenants until `stop` is set; a server that is gone is waited for."""
    client = impatient(valkey, VALKEY_SECONDS)
    try:
        await Relay(database, client, report).run(stop)
    finally:
        await client.aclose()


class Relay:
    """The tenants whose events wait, in the order in which they were heard of."""

    def __init__(self, database: Database, valkey: Valkey, report: Report = unreported) -> None:
        self._database = database
        self._valkey = valkey
        self._report = report
        self._waiting: dict[UUID, None] = {}
        self._carried: set[UUID] = set()
        self._wake = asyncio.Event()
        self._pruned: dict[UUID, float] = {}
        self._failing = False

    async def run(self, stop: asyncio.Event) -> None:
        helpers = [asyncio.create_task(helper) for helper in (self._listen(), self._sweep(), self._end(stop))]
        lanes = [asyncio.create_task(self._work(stop)) for _ in range(LANES)]
        try:
            await asyncio.gather(*lanes)
        finally:
            await end(*lanes, *helpers)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # Never one twice at once: the second would find it locked, and its news would wait for a sweep.
            tenant = next((each for each in self._waiting if each not in self._carried), None)
            if tenant is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            del self._waiting[tenant]
            self._carried.add(tenant)
            try:
                await self._carry(tenant)
            finally:
                self._carried.remove(tenant)
                self._wake.set()

    async def _carry(self, tenant: UUID) -> None:
        try:
            if await carry(self._database, self._valkey, tenant, self._report):
                self._hear(tenant)
            if monotonic() - self._pruned.get(tenant, -PRUNE_SECONDS) >= PRUNE_SECONDS:
                self._pruned[tenant] = monotonic()
                await prune(self._database, tenant)
        except Exception as error:  # the next sweep finds this tenant again
            if not self._failing:
                log.warning("relay_waits", error=type(error).__qualname__)
            self._failing = True
        else:
            self._failing = False

    def _hear(self, tenant: UUID) -> None:
        self._waiting[tenant] = None
        self._wake.set()

    async def _listen(self) -> None:
        while True:
            # Without it events are late by a sweep.
            with suppress(Exception):
                connection = await self._database.connect()
                try:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _, lost=lost: lost.set())
                    await connection.add_listener(CHANNEL, self._notified)
                    await self._look()  # what was announced before we listened
                    await lost.wait()
                finally:
                    await connection.close(timeout=1)
            await asyncio.sleep(SWEEP_SECONDS)

    def _notified(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._hear(UUID(payload))

    async def _sweep(self) -> None:
        while True:
            with suppress(Exception):
                await self._look()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _look(self) -> None:
        async with self._database.unpinned() as connection:
            for row in await connection.fetch("select tenants_with_events()"):
                self._hear(row[0])

    async def _end(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()
