"""Records into a tenant's catalogue, a batch a transaction, so that a killed import leaves whole batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.analysis import runs
from app.catalog import tracks
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


async def load(
    database: Database,
    tenant: UUID,
    entries: Iterable[Record | Rejected],
    *,
    batch: int = 200,
    analyze: bool = True,
) -> AsyncIterator[Loaded]:
    """Adds what is not there yet and yields after each commit; `analyze` queues a run for each batch.

    A track is known by its fingerprint, so that loading a file again adds only what is missing.
    """
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
            yield await store(database, tenant, waiting, rejected, analyze)
            waiting, rejected = [], []
    if waiting or rejected:
        yield await store(database, tenant, waiting, rejected, analyze)


async def store(
    database: Database, tenant: UUID, checked: Sequence[Checked], rejected: list[Rejected], analyze: bool
) -> Loaded:
    """One transaction, or several where the database refuses a value: halving finds the line at fault."""
    try:
        added, present = await add(database, tenant, [track for _, track in checked], analyze)
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
    first = await store(database, tenant, checked[:half], rejected, analyze)
    second = await store(database, tenant, checked[half:], first.rejected, analyze)
    return Loaded(first.added + second.added, first.present + second.present, second.rejected)


async def add(database: Database, tenant: UUID, songs: Sequence[NewTrack], analyze: bool) -> tuple[int, int]:
    """How many were added, and how many were there; again after a deadlock with another import."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await add_once(database, tenant, songs, analyze)
        except DBAPIError as error:
            if sqlstate(error) != DEADLOCK or attempt == ATTEMPTS:
                raise
        await asyncio.sleep(0.1 * attempt)
    raise AssertionError("unreachable")


async def add_once(
    database: Database, tenant: UUID, songs: Sequence[NewTrack], analyze: bool
) -> tuple[int, int]:
    by_print = {song.fingerprint: song for song in songs}
    async with database.transaction(tenant) as session:
        known = await tracks.existing(session, tenant, list(by_print))
        missing = [song for print_, song in by_print.items() if print_ not in known]
        stored = await tracks.add(session, tenant, missing)
        new = [song.id for song in stored if song.created]
        if analyze and new:
            await runs.start(session, tenant, new)
    return len(new), len(songs) - len(new)


def sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
