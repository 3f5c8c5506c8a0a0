"""Measures tracks a second and memory: each agent, all five, what embeddings take, and growth with tracks.

Run `python -m bench.throughput [--growth 100 1000 5000 50000] [--write]`: half an hour for 50,000. Tracks
are demo verses and variations of them (tracks.py), taken by sixteen as the worker does. Tracks a second of a
core count the process's CPU time, which a busy machine changes little; those of several processes are by the
wall clock. Growth is one process's: each line is of the tracks since the line before, with the memory after
them, and says how many of the memos of words are full, which grow no more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.cli import analysis_job
from app.search.embeddings import FastEmbedder
from bench import results
from bench.throughput.tracks import texts
from bench.throughput.work import WORK, Reading

GROWING = ("all five", "all five with embeddings")
HEAD = ("what", "tracks", "tracks/s of a core", "ms of CPU a track", "memory MB", "peak MB", "full memos")
WIDTHS = (26, 9, 20, 19, 11, 9, 10)
TRACKS = 1000


def rows(name: str, marks: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Lines of the table, measured in a new process on one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.throughput.work", name, *map(str, marks)]
    before = Reading(0, 0.0, 0.0, 0.0, 0, 0)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as measuring:
        for line in measuring.stdout or ():
            now = Reading(**json.loads(line))
            each = (now.cpu - before.cpu) / (now.tracks - before.tracks)
            yield (
                name,
                f"{now.tracks:,}",
                f"{1 / each:,.0f}",
                f"{each * 1000:.2f}",
                f"{now.mb:.0f}",
                f"{now.peak_mb:.0f}",
                f"{now.full} of {now.memos}",
            )
            before = now
    if measuring.returncode:
        raise SystemExit(f"Measuring {name} failed.")


def together(tracks: int, processes: int, embedder: FastEmbedder | None) -> str:
    """`rap-analyzer analyze` on all five agents: reading, analysing and writing, its start included."""
    how = "--meaning" if embedder else "--words-alone"
    with tempfile.TemporaryDirectory() as folder:
        songs, output = Path(folder) / "songs.jsonl", Path(folder) / "analyses.jsonl"
        with songs.open("w", encoding="utf-8") as file:
            for text in islice(texts(), tracks):
                song = {
                    "title": text.title,
                    "artist": "Bench",
                    "lyrics": text.lyrics,
                    "language": text.language,
                }
                file.write(json.dumps(song, ensure_ascii=False) + "\n")
        started = time.perf_counter()
        analysis_job.run(songs, (), output, processes, embedder)
        seconds = time.perf_counter() - started
        return (
            f"All five on {processes} processes, `rap-analyzer analyze {how}`: {tracks:,} tracks in"
            f" {seconds:.1f} s, {tracks / seconds:,.0f} tracks/s by the wall clock.\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--growth", type=int, nargs="*", default=[100, 1000, 5000], help="numbers of tracks")
    parser.add_argument(
        "--together", type=int, default=2000, help="how many tracks `rap-analyzer analyze` gets"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md")
    arguments = parser.parse_args()
    table: list[tuple[str, ...]] = []
    print(_line(HEAD))
    measured = [(name, [TRACKS]) for name in WORK if name not in GROWING]
    for name, marks in [*measured, *((name, sorted(arguments.growth)) for name in GROWING)]:
        for row in rows(name, marks):
            table.append(row)
            print(_line(row), flush=True)
    sentences = "\n".join(
        together(arguments.together, arguments.processes, embedder) for embedder in (None, FastEmbedder())
    )
    sentences += "The target is 60 tracks/s on two cores, embeddings excluded.\n"
    print(sentences)
    if arguments.write:
        command = f"`python -m bench.throughput --growth {' '.join(map(str, arguments.growth))} --write`"
        results.write("Throughput", command, results.table(HEAD, table) + "\n" + sentences)


def _line(cells: tuple[str, ...]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    main()
