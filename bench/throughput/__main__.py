"""Measures tracks a second and memory: each agent, all five, embeddings apart, and growth with the tracks.

Run `python -m bench.throughput [--growth 100 1000 5000 50000] [--write]`. Tracks are demo verses and
variations of them (tracks.py), taken by sixteen as the worker does. Tracks a second of a core count the
process's CPU time, which a busy machine changes little; those of several processes are by the wall clock.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from app.cli import analysis_job
from bench import results
from bench.throughput.tracks import texts

AGENTS = ("rhyme", "emotion", "themes", "vocabulary", "content", "all", "embeddings")
HEAD = ("what", "tracks", "tracks/s of a core", "ms of CPU a track", "memory MB", "peak MB")
WIDTHS = (12, 9, 20, 19, 11, 8)
TRACKS = 1000


def row(name: str, tracks: int) -> tuple[str, ...]:
    """A line of the table, measured in a new process on one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.throughput.work", name, str(tracks)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    rate, each = tracks / found["cpu"], found["cpu"] / tracks * 1000
    shown = "all five" if name == "all" else name
    return (
        shown,
        f"{tracks:,}",
        f"{rate:,.0f}",
        f"{each:.2f}",
        f"{found['mb']:.0f}",
        f"{found['peak_mb']:.0f}",
    )


def together(tracks: int, processes: int) -> str:
    """`rap-analyzer analyze` on all five agents: reading, analysing and writing, its start included."""
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
        analysis_job.run(songs, (), output, processes)
        seconds = time.perf_counter() - started
        return (
            f"All five on {processes} processes, `rap-analyzer analyze`: {tracks:,} tracks in"
            f" {seconds:.1f} s, {tracks / seconds:,.0f} tracks/s by the wall clock (the target is 60).\n"
        )


def rows(growth: list[int]) -> Iterator[tuple[str, ...]]:
    yield from (row(name, TRACKS) for name in AGENTS)
    yield from (row("all", tracks) for tracks in growth)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--growth", type=int, nargs="*", default=[100, 1000, 5000], help="numbers of tracks")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md")
    arguments = parser.parse_args()
    table: list[tuple[str, ...]] = []
    print(_line(HEAD))
    for measured in rows(arguments.growth):
        table.append(measured)
        print(_line(measured), flush=True)
    sentence = together(max([TRACKS, *arguments.growth]), arguments.processes)
    print(sentence)
    if arguments.write:
        command = f"`python -m bench.throughput --growth {' '.join(map(str, arguments.growth))} --write`"
        results.write("Throughput", command, results.table(HEAD, table) + "\n" + sentence)


def _line(cells: tuple[str, ...]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    main()
