"""Searches by meaning, by words and by both, on the labelled queries of sets/search.jsonl.

Weights were set with the queries of the half `tuned` in view; the half `held out` was written afterwards, and
nothing was set by it. A difference is of the same query by both and by one of its parts: its interval says
whether both do better.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from app.search.embeddings import FastEmbedder
from app.search.homes import Homes
from app.search.search import SearchMode, SearchService
from app.search.statement import SEMANTIC_SHARE
from bench.quality.corpora import Corpus, corpora
from bench.quality.statistics import Figure, figure
from tests.bench.quality import HALVES, Quality, Query, quality, queries

SHARES = [n / 20 for n in range(10, 20)]
KINDS = ("English", "Russian", "across")


@dataclass(frozen=True, slots=True)
class Answered:
    """A query, and how well each mode answered it."""

    query: Query
    by: dict[SearchMode, Quality]


def figures() -> Iterator[Figure]:
    answered, shares = asyncio.run(measured())
    for half in HALVES:
        its = [each for each in answered if each.query.half == half]
        for mode in SearchMode:
            yield figure("search", half, f"{mode.lower()} nDCG@10", [a.by[mode].ndcg for a in its], mean)
            yield figure("search", half, f"{mode.lower()} MRR", [a.by[mode].mrr for a in its], mean)
    for kind in KINDS:
        its = [each for each in held_out(answered) if each.query.kind == kind]
        for mode in SearchMode:
            of = f"held out, {kind}"
            yield figure("search", of, f"{mode.lower()} nDCG@10", [a.by[mode].ndcg for a in its], mean)
    for mode in (SearchMode.SEMANTIC, SearchMode.LEXICAL):
        better = [a.by[SearchMode.HYBRID].ndcg - a.by[mode].ndcg for a in held_out(answered)]
        yield figure("search", "held out", f"hybrid less {mode.lower()} nDCG@10", better, mean)
    best = max(shares, key=lambda share: mean(shares[share]))
    yield figure("search", "tuned", f"hybrid nDCG@10, meaning {best} (best)", shares[best], mean)
    of = f"hybrid nDCG@10, meaning {SEMANTIC_SHARE} (set)"
    yield figure("search", "tuned", of, shares[SEMANTIC_SHARE], mean)


def held_out(answered: Sequence[Answered]) -> list[Answered]:
    return [each for each in answered if each.query.half == "held out"]


async def measured() -> tuple[list[Answered], dict[float, list[float]]]:
    """All queries by each mode; and of the half `tuned` nDCG@10 by both, by what meaning counts."""
    answered: list[Answered] = []
    shares: dict[float, list[float]] = {share: [] for share in SHARES}
    async with corpora() as found:
        for corpus in found:
            search = SearchService(Homes(corpus.database, [FastEmbedder()]))
            for query in queries(corpus.name):
                by = {mode: await answer(search, corpus, query, mode) for mode in SearchMode}
                answered.append(Answered(query, by))
                if query.half == "tuned":
                    for share in SHARES:
                        shares[share].append(
                            (await answer(search, corpus, query, SearchMode.HYBRID, share)).ndcg
                        )
    return answered, shares


async def answer(
    search: SearchService, corpus: Corpus, query: Query, mode: SearchMode, share: float = SEMANTIC_SHARE
) -> Quality:
    titles = {id_: track.title for id_, track in corpus.tracks.items()}
    return await quality(search, corpus.tenant, query, titles, mode, share)
