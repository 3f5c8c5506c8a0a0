"""How good an order of tracks is, by the labelled queries of search_queries.jsonl.

Each line names a corpus, a query and the titles that answer it (2 well, 1 in part; part of a title is
enough). Titles without a grade count as wrong, so that figures are too low rather than too high.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from uuid import UUID

from app.search.search import SearchMode, SearchService

QUERIES = Path(__file__).with_name("search_queries.jsonl")
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    relevant: Mapping[str, int]

    def grade(self, title: str) -> int:
        found = (grade for part, grade in self.relevant.items() if part.casefold() in title.casefold())
        return max(found, default=0)


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the queries: nDCG@10 with gains 2^grade - 1, and the reciprocal rank within 10."""

    ndcg: float
    mrr: float


def queries(corpus: str) -> list[Query]:
    lines = map(json.loads, QUERIES.read_text(encoding="utf-8").splitlines())
    return [Query(line["query"], line["relevant"]) for line in lines if line["corpus"] == corpus]


async def measure(
    search: SearchService, tenant: UUID, corpus: str, titles: Mapping[UUID, str], mode: SearchMode
) -> Quality:
    """The quality of `mode` over a tenant that has the corpus."""
    asked = queries(corpus)
    ndcgs, ranks = [], []
    for query in asked:
        page = await search.search(tenant, query.text, mode, first=DEPTH)
        grades = [query.grade(titles[match.track_id]) for match in page.matches]
        ideal = sorted(map(query.grade, titles.values()), reverse=True)[:DEPTH]
        assert ideal[0] > 0, f"no title of {corpus} answers {query.text!r}"
        ndcgs.append(gain(grades) / gain(ideal))
        ranks.append(next((1 / rank for rank, grade in enumerate(grades, 1) if grade), 0.0))
    return Quality(sum(ndcgs) / len(asked), sum(ranks) / len(asked))


def gain(grades: Sequence[int]) -> float:
    """Discounted cumulative gain (Järvelin & Kekäläinen 2002, with the gains of Burges et al. 2005)."""
    return sum((2.0**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, 1))
