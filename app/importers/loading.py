"""Records into a tenant's catalogue, a batch a transaction, so that a killed import leaves whole batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis import runs
from app.catalog import identity, tracks
from app.catalog.new_track import InvalidTrack, NewTrack
from app.importers.entries import Record, Rejected
from app.importers.records import to_track
from tenancy.database import Database

Checked = tuple[int, NewTrack]
DEADLOCK = "40P01"
CLASSES_OF_BAD_VALUES = ("22", "23", "54")  # SQLSTATE: data exception, constraint, program limit
ATTEMPTS = 5


@dataclass(slots=True)
class Loaded:
    """What became of one batch; a song that the file has twice counts once as added."""

    added: int = 0
    present: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class Loader:
    """Adds songs to one tenant's catalogue, and to one run if they are to be analysed: `seal` it at the end.

    `run` is there once something new has come. A track is known by its fingerprint, so that loading a file
    again adds only what is missing; with `by_external_id` also by what other systems call it.
    """

    def __init__(
        self,
        database: Database,
        tenant: UUID,
        *,
        analyze: bool,
        by_external_id: bool = False,
        charged_to: UUID | None = None,
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._analyze = analyze
        self._by_external_id = by_external_id
        self._charged_to = charged_to
        self.run: UUID | None = None

    async def store(self, checked: Sequence[Checked], rejected: list[Rejected]) -> Loaded:
        """One transaction, or several where the database refuses a value: halving finds the line at fault."""
        try:
            added, present = await self._add([track for _, track in checked])
            return Loaded(added, present, rejected)
        except DBAPIError as error:
            if not sqlstate(error).startswith(CLASSES_OF_BAD_VALUES):
                raise
            if len(checked) == 1:
                refused = Rejected(
                    checked[0][0], f"The database refuses a value of this song ({sqlstate(error)})."
                )
                return Loaded(rejected=[*rejected, refused])
        half = len(checked) // 2
        first = await self.store(checked[:half], rejected)
        second = await self.store(checked[half:], first.rejected)
        return Loaded(first.added + second.added, first.present + second.present, second.rejected)

    async def keep_run(self) -> None:
        """Keeps the run from ending though nothing new comes."""
        if self.run is not None:
            async with self._database.transaction(self._tenant) as session:
                await runs.fill(session, self._tenant, self.run, [])

    async def seal(self) -> None:
        """The run, if there is one, is complete."""
        if self.run is not None:
            async with self._database.transaction(self._tenant) as session:
                await runs.seal(session, self._tenant, self.run)

    async def _add(self, songs: Sequence[NewTrack]) -> tuple[int, int]:
        """How many were added, and how many were there; again after a deadlock with another import."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._add_once(songs)
            except DBAPIError as error:
                if sqlstate(error) != DEADLOCK or attempt == ATTEMPTS:
                    raise
            await asyncio.sleep(0.1 * attempt)
        raise AssertionError("unreachable")

    async def _add_once(self, songs: Sequence[NewTrack]) -> tuple[int, int]:
        async with self._database.transaction(self._tenant) as session:
            missing = await self._missing(session, songs)
            stored = await tracks.add(session, self._tenant, missing)
            new = [song.id for song in stored if song.created]
            run = await self._analyzing(session, new) if new and self._analyze else self.run
        self.run = run
        return len(new), len(songs) - len(new)

    async def _missing(self, session: AsyncSession, songs: Sequence[NewTrack]) -> list[NewTrack]:
        by_print = {song.fingerprint: song for song in songs}
        known = await tracks.existing(session, self._tenant, list(by_print))
        missing = [song for print_, song in by_print.items() if print_ not in known]
        if self._by_external_id:
            return await identity.unnamed(session, self._tenant, missing)
        return missing

    async def _analyzing(self, session: AsyncSession, new: Sequence[UUID]) -> UUID:
        run = self.run or await runs.begin(session, self._tenant, charged_to=self._charged_to)
        await runs.fill(session, self._tenant, run, new)  # unless somebody has cancelled it
        return run


async def load(
    database: Database,
    tenant: UUID,
    entries: Iterable[Record | Rejected],
    *,
    batch: int = 200,
    analyze: bool = True,
) -> AsyncIterator[Loaded]:
    """Adds what is not there yet and yields after each commit; `analyze` queues what is new as one run."""
    loader = Loader(database, tenant, analyze=analyze)
    waiting: list[Checked] = []
    rejected: list[Rejected] = []
    for entry in entries:
        try:
            if isinstance(entry, Rejected):
                rejected.append(entry)
            else:
                waiting.append((entry.line, to_track(entry.values)))
        except InvalidTrack as error:
            rejected.append(Rejected(entry.line, str(error), error.field))
        if len(waiting) + len(rejected) >= batch:
            yield await loader.store(waiting, rejected)
            waiting, rejected = [], []
    if waiting or rejected:
        yield await loader.store(waiting, rejected)
    await loader.seal()


def sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
