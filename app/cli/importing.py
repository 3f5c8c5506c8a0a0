"""rap-analyzer import: songs from a file into a tenant's catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A .jsonl, .jsonl.gz, .csv or .csv.gz file.", show_default=False),
    ],
    tenant: Annotated[str, typer.Option(help="The tenant's slug.", show_default=False)],
    analyze: Annotated[bool, typer.Option(help="Queue every new song for all analyzers.")] = True,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Songs in one transaction.")] = 200,
    report: Annotated[
        Path | None, typer.Option(help="Where rejected lines go. [FILE.rejected.jsonl]", show_default=False)
    ] = None,
) -> None:
    """Import songs: JSON lines, one object a line, or CSV with a header, in UTF-8, compressed or not.

    Columns: title, artist and lyrics; if you have them album, language (BCP 47), release_date (1994, 1994-04
    or 1994-04-19), explicit, popularity (0 to 100), tags (a list, or text with commas or semicolons), isrc,
    spotify_id and the like. Other columns are kept as metadata.

    A song is known by artist, title and lyrics: importing a file again, or after an import that was killed,
    adds what is missing and nothing twice. A bad line goes to the report with its number and reason; the
    rest is imported, and the exit status is 0. It is 1 if no song could be read.

    \b
    rap-analyzer import songs.jsonl.gz --tenant northside
    rap-analyzer import export.csv --tenant northside --no-analyze --report /tmp/rejected.jsonl
    """
    import asyncio

    from app.cli import import_job
    from app.settings import Settings

    asyncio.run(import_job.run(Settings(), file, tenant, analyze, batch, report or default_report(file)))


def default_report(file: Path) -> Path:
    return file.with_name(file.name + ".rejected.jsonl")
