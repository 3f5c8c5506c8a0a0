"""How good an order of tracks is, by the labelled queries of bench/quality/sets/search.jsonl.

Each line names a corpus, a query and the titles that answer it (2 well, 1 in part; part of a title is
enough). Titles without a grade count as wrong, so that figures are too low rather than too high.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from uuid import UUID

from app.search.search import SearchMode, SearchService
from app.search.statement import SEMANTIC_SHARE

QUERIES = Path(__file__).parents[2] / "bench" / "quality" / "sets" / "search.jsonl"
HALVES = ("tuned", "held out")
DEPTH = 10
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """`half` says whether anything was set with this query in view."""

    text: str
    relevant: Mapping[str, int]
    half: str

    def grade(self, title: str) -> int:
        found = (grade for part, grade in self.relevant.items() if part.casefold() in title.casefold())
        return max(found, default=0)

    @property
    def kind(self) -> str:
        """`across` where all that answers best is in the other alphabet."""
        best = max(self.relevant.values())
        russian = bool(CYRILLIC.search(self.text))
        if all(bool(CYRILLIC.search(title)) != russian for title, g in self.relevant.items() if g == best):
            return "across"
        return "Russian" if russian else "English"


@dataclass(frozen=True, slots=True)
class Quality:
    """nDCG@10 with gains 2^grade - 1, and the reciprocal rank of the first answer within 10, or means."""

    ndcg: float
    mrr: float


def queries(corpus: str) -> list[Query]:
    lines = map(json.loads, QUERIES.read_text(encoding="utf-8").splitlines())
    return [
        Query(line["query"], line["relevant"], line["half"]) for line in lines if line["corpus"] == corpus
    ]


async def measure(
    search: SearchService, tenant: UUID, corpus: str, titles: Mapping[UUID, str], mode: SearchMode
) -> Quality:
    """The quality of `mode` over a tenant that has the corpus."""
    found = [await quality(search, tenant, query, titles, mode) for query in queries(corpus)]
    return Quality(*(sum(getattr(each, name) for each in found) / len(found) for name in ("ndcg", "mrr")))


async def quality(
    search: SearchService,
    tenant: UUID,
    query: Query,
    titles: Mapping[UUID, str],
    mode: SearchMode,
    share: float = SEMANTIC_SHARE,
) -> Quality:
    page = await search.search(tenant, query.text, mode, first=DEPTH, semantic_share=share)
    grades = [query.grade(titles[match.track_id]) for match in page.matches]
    ideal = sorted(map(query.grade, titles.values()), reverse=True)[:DEPTH]
    assert ideal[0] > 0, f"no title answers {query.text!r}"
    first = next((1 / rank for rank, grade in enumerate(grades, 1) if grade), 0.0)
    return Quality(gain(grades) / gain(ideal), first)


def gain(grades: Sequence[int]) -> float:
    """Discounted cumulative gain (Järvelin & Kekäläinen 2002, with the gains of Burges et al. 2005)."""
    return sum((2.0**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, 1))
