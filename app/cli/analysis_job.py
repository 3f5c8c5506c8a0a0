"""Songs of a file through all cores and out again in their order."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import orjson

from app.analysis.orchestrator import Orchestrator, UnknownAnalyzer
from app.catalog.new_track import InvalidTrack
from app.cli.failures import Failure
from app.cli.terminal import Progress
from app.importers.entries import Record, Rejected
from app.importers.records import to_track
from app.importers.sources import open_source

CHUNK = 8  # songs in one message to a process
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def run(file: Path, names: Sequence[str], output: Path, processes: int | None) -> None:
    """Raises Unreadable, UnknownAnalyzer or Failure."""
    unknown = sorted(set(names) - set(known_names()))
    if unknown:
        raise UnknownAnalyzer(unknown)
    workers = (
        processes or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    songs = failed = 0
    with open_source(file) as source, opened(output) as out, pool(workers or 1) as executor:
        progress = Progress(f"Analysing {file.name}", "songs", source.file.size)
        try:
            for answers in in_order(executor, source.entries, tuple(names), ahead=(workers or 1) * 4):
                for answer, good in answers:
                    out.write(answer + b"\n")
                    songs, failed = songs + good, failed + (not good)
                progress.update(source.file.position, songs + failed)
        except BrokenProcessPool as error:
            raise Failure("An analysing process ended unexpectedly: is there enough memory?") from error
        finally:
            progress.close()
    if songs == 0:
        raise Failure(f"There are no songs in {file} that could be analysed.")
    left_out = f"; {failed:,} lines held no song, and say why" if failed else ""
    sys.stderr.write(f"Analysed {songs:,} songs, {songs / progress.seconds:,.0f}/s{left_out}.\n")


def known_names() -> tuple[str, ...]:
    from app.analysis.analyzers import local_analyzers

    return tuple(analyzer.name for analyzer in local_analyzers())


Answer = tuple[bytes, bool]  # a line of JSON, and whether it holds analyses


def in_order(
    executor: ProcessPoolExecutor,
    entries: Iterable[Record | Rejected],
    names: tuple[str, ...],
    ahead: int,
) -> Iterator[list[Answer]]:
    """Answers chunk by chunk; at most `ahead` chunks are read before their turn, whatever the file's size."""
    pending: deque[Future[list[Answer]]] = deque()
    source = iter(entries)
    while True:
        while len(pending) < ahead and (chunk := list(islice(source, CHUNK))):
            pending.append(executor.submit(analyse, chunk, names))
        if not pending:
            return
        yield pending.popleft().result()


def analyse(chunk: list[Record | Rejected], names: tuple[str, ...]) -> list[Answer]:
    return [analyse_one(entry, names) for entry in chunk]


def analyse_one(entry: Record | Rejected, names: tuple[str, ...]) -> Answer:
    from app.analysis.lyrics import Lyrics
    from app.analysis.serialize import to_dict

    if isinstance(entry, Rejected):
        return orjson.dumps({"line": entry.line, "error": entry.reason}), False
    try:
        track = to_track(entry.values)
    except InvalidTrack as error:
        return orjson.dumps({"line": entry.line, "error": str(error)}), False
    lyrics = Lyrics.parse(track.lyrics, track.title, track.language)
    analysis = orchestrator().analyze(lyrics, names or None)
    found = {name: to_dict(result) for name, result in analysis.results.items()}
    return orjson.dumps({"title": track.title, "artist": track.artist, "analyses": found}), True


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # Spawned: a fork would copy the threads' locks of the libraries that are loaded by now.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=prepare, initargs=(os.getpid(),))
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def prepare(parent: int) -> None:
    """Runs in each process: loads what it needs once, and ends with its parent, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    orchestrator()


@cache
def orchestrator() -> Orchestrator:
    """One a process: it takes a second to load."""
    from app.analysis.analyzers import local_analyzers

    return Orchestrator(local_analyzers())


@contextmanager
def opened(output: Path) -> Iterator[BinaryIO]:
    if str(output) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        file = output.open("wb")
    except OSError as error:
        raise Failure(f"{output} can't be written: {error.strerror}.") from error
    with file:
        yield file
