"""rap-analyzer analyze: analyses of a file's songs, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def analyze(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A .jsonl, .jsonl.gz, .csv or .csv.gz file.", show_default=False),
    ],
    analyzers: Annotated[
        str, typer.Option(help="Some of rhyme, emotion, themes, vocabulary and content, with commas. [all]")
    ] = "",
    output: Annotated[Path, typer.Option(help="Where the answers go; - is stdout.")] = Path("-"),
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Processes that analyse. [one a core]", show_default=False),
    ] = None,
    meaning: Annotated[
        bool,
        typer.Option(
            "--meaning/--words-alone",
            help="Judge themes by meaning beside words, or by words alone: faster, but finds fewer.",
        ),
    ] = True,
) -> None:
    """Analyse songs without storing anything; one JSON object a line comes out, in the order of the input.

    {"title": …, "artist": …, "analyses": {"rhyme": {"status": "COMPLETED", "details": {…}, …}, …}}

    A line that holds no song comes out as {"line": 7, "error": "…"}. The input is as for `import`.

    \b
    rap-analyzer analyze songs.jsonl --analyzers rhyme,emotion --output analyses.jsonl
    rap-analyzer analyze songs.csv.gz | head -1
    """
    from app.analysis.analyzers import local_analyzers
    from app.cli import analysis_job
    from app.search.embeddings import FastEmbedder

    known = [analyzer.name for analyzer in local_analyzers()]
    names = [name.strip() for name in analyzers.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or (analyzers and not names):
        told = f"there is no analyzer {', '.join(unknown) or 'named'}; there are {', '.join(known)}"
        raise typer.BadParameter(told, param_hint="--analyzers")
    analysis_job.run(file, names, output, processes, FastEmbedder() if meaning else None)
