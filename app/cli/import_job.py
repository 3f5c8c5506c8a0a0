"""One import from its file to its summary, with progress and a report of rejected lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import orjson
import typer

from app.cli import outputs
from app.cli.failures import Failure
from app.cli.services import open_database
from app.cli.terminal import Progress, clock
from app.importers.entries import Rejected
from app.importers.loading import load
from app.importers.sources import open_source
from app.settings import Settings
from tenancy import tenants


@dataclass(slots=True)
class Counts:
    added: int = 0
    present: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.added + self.present + self.rejected


async def run(settings: Settings, file: Path, slug: str, analyze: bool, batch: int, report: Path) -> None:
    """Raises Unreadable, TenantNotFound or Failure; Failure too if the file gave no song."""
    outputs.check(report, file, "--report")
    counts = Counts()
    with open_source(file) as source, Report(report) as rejects:
        async with open_database(settings) as database:
            tenant = await tenants.by_slug(database, slug)
            progress = Progress(f"Importing {file.name}", "songs", source.file.size)
            try:
                async for loaded in load(database, tenant, source.entries, batch=batch, analyze=analyze):
                    counts.added += loaded.added
                    counts.present += loaded.present
                    counts.rejected += len(loaded.rejected)
                    rejects.write(loaded.rejected)
                    progress.update(source.file.position, counts.read)
            finally:
                progress.close()
    if counts.read == 0:
        raise Failure(f"There are no songs in {file}.")
    if counts.read == counts.rejected:
        raise Failure(f"No line of {file} could be imported; {report} says why, line by line.")
    typer.echo(summary(counts, progress.seconds, analyze, slug))
    if counts.rejected:
        typer.echo(f"Rejected lines, with reasons: {report}", err=True)


def summary(counts: Counts, seconds: float, analyze: bool, slug: str) -> str:
    queued = " and queued for analysis" if analyze and counts.added else ""
    return (
        f"{counts.added:,} songs added to {slug}{queued}, {counts.present:,} there already,"
        f" {counts.rejected:,} rejected, in {clock(seconds)} ({counts.read / seconds:,.0f} songs/s)."
    )


class Report:
    """Rejected lines as JSON lines; nothing is written where nothing was rejected. Holds no lyrics."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        elif error is None and self.path.is_file():
            self.path.write_bytes(b"")  # an earlier report is about lines that are mended now

    def write(self, rejected: Iterable[Rejected]) -> None:
        for entry in rejected:
            if self._file is None:
                self._file = self._open()
            line = {"line": entry.line, "reason": entry.reason, "field": entry.field}
            self._file.write(orjson.dumps(line).decode() + "\n")
        if self._file is not None:
            self._file.flush()

    def _open(self) -> TextIO:
        try:
            return self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise Failure(
                f"The report of rejected lines can't be written to {self.path} ({error.strerror})."
                " Choose another place with --report."
            ) from error
