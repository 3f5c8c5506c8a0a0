"""Songs of a file through all cores and out again in their order."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import orjson

from app.analysis import batch
from app.analysis.batch import Text
from app.analysis.serialize import to_dict
from app.catalog.new_track import MAX_LYRICS
from app.cli import outputs
from app.cli.failures import Failure
from app.cli.terminal import Progress
from app.importers.entries import Record, Rejected
from app.importers.records import canonical
from app.importers.sources import open_source
from app.processes import begin, interrupts_held
from app.search.embeddings import FastEmbedder

CHUNK = 8  # songs in one message to a process


def run(
    file: Path, names: Sequence[str], output: Path, processes: int | None, embedder: FastEmbedder | None
) -> None:
    """Without an embedder, themes are judged by words alone. Raises Unreadable or Failure."""
    outputs.check(output, file, "--output")
    workers = (
        processes or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    work = partial(analyse, names=tuple(names) or None, embedder=embedder)
    songs = failed = 0
    with open_source(file) as source, outputs.written(output) as out, pool(workers or 1) as executor:
        progress = Progress(f"Analysing {file.name}", "songs", source.file.size)
        try:
            for answers in in_order(executor, source.entries, work, ahead=(workers or 1) * 4):
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


Answer = tuple[bytes, bool]  # a line of JSON, and whether it holds analyses


def in_order(
    executor: ProcessPoolExecutor,
    entries: Iterable[Record | Rejected],
    work: Callable[[list[Record | Rejected]], list[Answer]],
    ahead: int,
) -> Iterator[list[Answer]]:
    """Answers chunk by chunk; at most `ahead` chunks are read before their turn, whatever the file's size."""
    pending: deque[Future[list[Answer]]] = deque()
    source = iter(entries)
    while True:
        while len(pending) < ahead and (chunk := list(islice(source, CHUNK))):
            with interrupts_held():
                pending.append(executor.submit(work, chunk))
        if not pending:
            return
        yield pending.popleft().result()


def analyse(
    chunk: list[Record | Rejected], names: Sequence[str] | None, embedder: FastEmbedder | None
) -> list[Answer]:
    return [analyse_one(entry, names, embedder) for entry in chunk]


def analyse_one(
    entry: Record | Rejected, names: Sequence[str] | None, embedder: FastEmbedder | None
) -> Answer:
    if isinstance(entry, Rejected):
        return orjson.dumps({"line": entry.line, "error": entry.reason}), False
    # Nothing is stored, so all that it takes is lyrics; too few of them is for the analyzers to say.
    values = {canonical(name): value for name, value in entry.values.items()}
    lyrics = values.get("lyrics")
    if not isinstance(lyrics, str):
        return orjson.dumps({"line": entry.line, "error": "There are no lyrics, or they are no text."}), False
    if len(lyrics) > MAX_LYRICS:
        wanted = f"The lyrics have {len(lyrics):,} characters; {MAX_LYRICS:,} are the most."
        return orjson.dumps({"line": entry.line, "error": wanted}), False
    title, artist, language = (text_or_none(values.get(n)) for n in ("title", "artist", "language"))
    ((_, analysis),) = batch.analyze([Text(lyrics, title, language)], names, embedder)
    found = {name: to_dict(result) for name, result in analysis.results.items()}
    return orjson.dumps({"title": title, "artist": artist, "analyses": found}), True


def text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # Spawned: a fork would copy the threads' locks of the libraries that are loaded by now.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=begin, initargs=(os.getpid(),))
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
