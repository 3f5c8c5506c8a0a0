"""One measurement in a process of its own, so that no other's caches help and its memory is its own."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from uuid import UUID

from app.analysis import batch
from app.analysis.batch import Text
from app.analysis.serialize import to_dict
from bench.throughput.tracks import texts

SLICE = 16  # as many as a worker takes at a time


def analysing(names: Sequence[str] | None) -> Callable[[Sequence[Text]], object]:
    """Cleaning, the agents `names` (all when None), and their results as they are stored."""

    def work(slice_: Sequence[Text]) -> object:
        found = batch.analyze(slice_, names)
        return [to_dict(result) for _, analysis in found for result in analysis.results.values()]

    return work


def embedding() -> Callable[[Sequence[Text]], object]:
    """Vectors of tracks and of their passages, as the index stores them."""
    from app.search import index
    from app.search.embeddings import FastEmbedder

    embedder = FastEmbedder()
    embedder.warm()

    def work(slice_: Sequence[Text]) -> object:
        songs = [
            index.TrackLyrics(UUID(int=n), b"", text.lyrics, text.title or "", text.language, ())
            for n, text in enumerate(slice_)
        ]
        return index.compute(embedder, songs)

    return work


def main() -> None:
    """`work NAME|all|embeddings TRACKS`: prints CPU and wall seconds and MB of memory as JSON."""
    name, tracks = sys.argv[1], int(sys.argv[2])
    work = embedding() if name == "embeddings" else analysing(None if name == "all" else [name])
    # Dictionaries and models are loaded once a process, whatever comes after.
    work(list(islice(texts(), SLICE)))
    source = islice(texts(), tracks)
    cpu = wall = 0.0
    while slice_ := list(islice(source, SLICE)):
        started = time.process_time(), time.perf_counter()
        work(slice_)
        cpu, wall = cpu + time.process_time() - started[0], wall + time.perf_counter() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with open("/proc/self/statm") as statm:
        now = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    print(json.dumps({"cpu": cpu, "wall": wall, "peak_mb": peak, "mb": now}))


if __name__ == "__main__":
    main()
