"""Lines of songs that come in a stream: stored in batches, no faster than the database takes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from app.catalog import tracks
from app.catalog.new_track import InvalidTrack
from app.importers import jsonl
from app.importers.entries import Rejected
from app.importers.loading import Checked, Loaded, Loader
from app.importers.records import to_track

BATCH = 100  # songs of one transaction
BATCH_BYTES = 1 << 20  # or as many as these
REFUSED_POINTS = 1  # of a line that gives no new track: to read it is work, too

# Charges points before a batch is stored; what it gives takes the points back that were not needed.
Pay = Callable[[int], Awaitable[Callable[[int], None]]]


@dataclass(slots=True)
class Standing:
    """Every line up to `through` is settled: stored for good, there already, or rejected."""

    through: int = 0
    added: int = 0
    present: int = 0
    rejected: int = 0


class Ingestion:
    """Takes lines in order. What is not stored yet is one batch, in memory."""

    def __init__(self, loader: Loader, pay: Pay, tell: Callable[[Rejected], None]) -> None:
        self._loader = loader
        self._pay = pay
        self._tell = tell
        self._line = self._bytes = 0
        self._checked: list[Checked] = []
        self._rejected: list[Rejected] = []
        self.standing = Standing()

    @property
    def waits(self) -> bool:
        """Whether there are lines that are not settled."""
        return self._line > self.standing.through

    async def take(self, lines: Iterable[bytes | str]) -> None:
        """A text in place of a line says why it can't be read. Raises what paying and storing raise."""
        for line in lines:
            self._line += 1
            self._read(line)
            if len(self._checked) + len(self._rejected) >= BATCH or self._bytes >= BATCH_BYTES:
                await self.flush()

    async def flush(self) -> None:
        """Settles what waits: stores it, and tells of what is rejected."""
        settled = self.standing
        songs, lines = len(self._checked), len(self._checked) + len(self._rejected)
        loaded = Loaded()
        if lines:
            give_back = await self._pay(songs * tracks.POINTS + (lines - songs) * REFUSED_POINTS)
            loaded = await self._loader.store(self._checked, self._rejected)
            give_back((songs - loaded.added) * (tracks.POINTS - REFUSED_POINTS))
        for rejected in sorted(loaded.rejected, key=lambda each: each.line):
            self._tell(rejected)
        self.standing = Standing(
            self._line,
            settled.added + loaded.added,
            settled.present + loaded.present,
            settled.rejected + len(loaded.rejected),
        )
        self._checked, self._rejected, self._bytes = [], [], 0

    def _read(self, line: bytes | str) -> None:
        if isinstance(line, str):
            self._rejected.append(Rejected(self._line, line))
            return
        if not line.strip():
            return
        self._bytes += len(line)
        entry = jsonl.parse(self._line, line)
        if isinstance(entry, Rejected):
            self._rejected.append(entry)
            return
        try:
            self._checked.append((self._line, to_track(entry.values)))
        except InvalidTrack as error:
            self._rejected.append(Rejected(self._line, str(error), error.field))
