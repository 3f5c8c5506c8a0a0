"""One measurement in a process of its own, so that no other's caches help and its memory is its own."""

from __future__ import annotations

import functools
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from uuid import UUID

from app.analysis import batch
from app.analysis.batch import Text
from app.analysis.serialize import to_dict
from app.search import index
from app.search.embeddings import FastEmbedder
from bench.throughput.tracks import texts

SLICE = 16  # as many as a worker takes at a time
SMALL = 1000  # memos below are of something else than words


@dataclass(frozen=True, slots=True)
class Reading:
    """After so many tracks: CPU seconds in all, MB of memory now and at most, memos and the full ones."""

    tracks: int
    cpu: float
    mb: float
    peak_mb: float
    memos: int
    full: int


def analysing(
    names: Sequence[str] | None, embedder: FastEmbedder | None = None
) -> Callable[[Sequence[Text]], object]:
    """Cleaning, the agents `names` (all when None), and their results as they are stored."""

    def work(slice_: Sequence[Text]) -> object:
        found = batch.analyze(slice_, names, embedder)
        return [to_dict(result) for _, analysis in found for result in analysis.results.values()]

    return work


def embedding() -> Callable[[Sequence[Text]], object]:
    """Vectors of tracks and of their passages, as the index stores them."""
    embedder = FastEmbedder()
    embedder.warm()

    def work(slice_: Sequence[Text]) -> object:
        songs = [
            index.TrackLyrics(UUID(int=n), b"", text.lyrics, text.title or "", text.language, ())
            for n, text in enumerate(slice_)
        ]
        return index.compute(embedder, songs)

    return work


WORK: dict[str, Callable[[], Callable[[Sequence[Text]], object]]] = {
    **{
        name: functools.partial(analysing, [name])
        for name in ("rhyme", "emotion", "themes", "vocabulary", "content")
    },
    "themes with embeddings": lambda: analysing(["themes"], FastEmbedder()),
    "all five": lambda: analysing(None),
    "all five with embeddings": lambda: analysing(None, FastEmbedder()),
    "passages to search": embedding,
}


def readings(name: str, marks: Sequence[int]) -> Iterator[Reading]:
    """One at each of the ascending numbers of tracks `marks`."""
    work = WORK[name]()
    # Dictionaries and models are loaded once a process, whatever comes after.
    work(list(islice(texts(), SLICE)))
    source, done, cpu = texts(), 0, 0.0
    for mark in marks:
        while slice_ := list(islice(source, min(SLICE, mark - done))):
            started = time.process_time()
            work(slice_)
            cpu, done = cpu + time.process_time() - started, done + len(slice_)
        memos = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
        infos = [memo.cache_info() for memo in memos]
        words = [info for info in infos if (info.maxsize or 0) >= SMALL]
        full = sum(info.currsize == info.maxsize for info in words)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with open("/proc/self/statm") as statm:
            now = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        yield Reading(done, cpu, now, peak, len(words), full)


def main() -> None:
    """`work NAME TRACKS …`: prints a `Reading` as JSON a line, at each number of tracks."""
    for reading in readings(sys.argv[1], [int(tracks) for tracks in sys.argv[2:]]):
        print(json.dumps(asdict(reading)), flush=True)


if __name__ == "__main__":
    main()
