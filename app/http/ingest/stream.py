"""One stream of songs: read, stored and answered at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack, aclosing, suppress
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.failures import errors_of
from api.watch import Watch
from app.events.tasks import end
from app.http.ingest import answers
from app.http.ingest.body import Body, TooQuiet
from app.importers.entries import Rejected
from app.importers.ingestion import Ingestion
from app.importers.loading import Loader
from app.importers.splitting import Damaged, NotUtf8, TooDense
from tenancy.quotas import QuotaExceeded, Quotas

OPERATION = "ingest"  # under which it counts in the tenant's usage
TOLD = 1_000  # rejected lines that are named; later ones are counted
PATIENCE_SECONDS = 60  # that a stream waits for points, before it says that there are none
SETTLE_SECONDS = 0.5  # that a line waits for others of its batch
KEEP_SECONDS = 20.0  # after which a run is kept open though nothing new comes
UNREADABLE = (NotUtf8, Damaged, TooDense, TooQuiet)


class IngestStream(Response):
    """Answers while it reads: what is said to be settled is. Many clients read nothing before they have sent
    everything, so that reading never waits for writing, and what is not taken yet stays small."""

    media_type = answers.MEDIA_TYPE

    def __init__(
        self,
        body: Body,
        loader: Loader,
        quotas: Quotas,
        watch: Watch,
        headers: Mapping[str, str],
        held: ExitStack,
    ) -> None:
        """`held` is let go at the end."""
        super().__init__(headers={**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._body = body
        self._loader = loader
        self._quotas = quotas
        self._watch = watch
        self._held = held
        self._ingestion = Ingestion(loader, self._pay, self._reject)
        self._said = self._ingestion.standing
        self._unsaid: list[bytes] = []
        self._told = 0
        self._news = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(lambda _: self._news.set())
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            while not reading.done():
                await self._news.wait()
                self._news.clear()
                if news := self._news_so_far():
                    await send({"type": "http.response.body", "body": news, "more_body": True})
            last = self._news_so_far() + answers.standing(
                self._ingestion.standing, self._loader.run, **self._untold, **reading.result()
            )
            await send({"type": "http.response.body", "body": last, "more_body": True})
            await self._body.drain()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (ClientDisconnect, OSError):
            pass  # it knows what is settled, and what it was not told it sends again
        finally:
            await end(reading)
            await self._body.close()
            self._held.close()
            with suppress(Exception):  # else the run ends by itself, a minute later
                await self._loader.seal()

    async def _read(self) -> dict[str, Any]:
        """Settles all that comes; what the last line says of the end."""
        try:
            try:
                await self._settle_all()
            except UNREADABLE as error:
                await self._ingestion.flush()  # the lines before are good
                return {"error": {"code": "UNREADABLE", "message": str(error)}}
        except ClientDisconnect:
            raise
        except Exception as error:
            told = errors_of(error)[0]
            return {"error": {"message": told.message, **(told.extensions or {})}}
        return {"done": True}

    async def _settle_all(self) -> None:
        clock = asyncio.get_running_loop().time
        settled = kept = clock()
        async with aclosing(self._body.lines()) as parts:  # type: ignore[type-var]  # an async generator
            async for lines in parts:
                before = self._ingestion.standing
                await self._ingestion.take(lines)
                if self._ingestion.waits and clock() - settled > SETTLE_SECONDS:
                    await self._ingestion.flush()  # a slow source is not kept waiting for a whole batch
                if self._ingestion.standing != before or not self._ingestion.waits:
                    settled = clock()
                    self._news.set()
                if clock() - kept > KEEP_SECONDS:
                    kept = clock()
                    await self._loader.keep_run()
        await self._ingestion.flush()

    def _news_so_far(self) -> bytes:
        """What was rejected, and then how far it has come."""
        now, unsaid = self._ingestion.standing, self._unsaid
        self._unsaid = []
        if now != self._said:
            self._said = now
            unsaid.append(answers.standing(now, self._loader.run))
        return b"".join(unsaid)

    @property
    def _untold(self) -> dict[str, int]:
        untold = self._ingestion.standing.rejected - self._told
        return {"untold": untold} if untold else {}

    def _reject(self, rejected: Rejected) -> None:
        if self._told < TOLD:
            self._told += 1
            self._unsaid.append(answers.rejection(rejected))

    async def _pay(self, points: int) -> Callable[[int], None]:
        """Waits while points run out for a moment: then nothing is read, and the client waits, too."""
        principal = await self._watch.authenticate()  # the key may have been revoked meanwhile
        waited = 0
        while True:
            try:
                charge = await self._quotas.charge(principal, points, OPERATION)
                return partial(self._quotas.give_back, principal, charge)
            except QuotaExceeded as error:
                waited += error.retry_after_seconds
                if waited > PATIENCE_SECONDS:
                    raise
                await asyncio.sleep(error.retry_after_seconds)
