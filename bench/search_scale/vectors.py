"""Synthetic songs as vectors: all over a space of few dimensions, as embeddings are, or of a few kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

DIMENSION = 512
LATENT = 32  # directions in which songs differ; the others are noise
KINDS = 20  # of alike songs: within one, the cosine of two is about .9
ROWS = 6  # of a track: three passages, the whole, the card and a label
PASSAGES, WHOLE, CARD, LABEL = (1, 2, 3), 0, -1, -2


@dataclass(frozen=True, slots=True)
class World:
    """Where songs come from; the same seed gives the same songs."""

    alike: bool
    seed: int = 7

    def songs(self, tracks: int, batch: int = 5_000) -> Iterator[Vectors]:
        """Batches of shape (tracks, ROWS, DIMENSION), unit vectors: passages, whole, card, label."""
        random = np.random.default_rng(self.seed)
        basis, kinds = self._basis()
        for start in range(0, tracks, batch):
            yield self._some(random, basis, kinds, min(batch, tracks - start))

    def queries(self, count: int) -> Vectors:
        """What somebody would ask: near to songs, and to none exactly."""
        random = np.random.default_rng(self.seed + 1)
        basis, kinds = self._basis()
        songs = self._some(random, basis, kinds, count)
        noise = random.normal(size=(count, DIMENSION)).astype(np.float32) / np.sqrt(DIMENSION)
        return unit(songs[:, 0] + 0.5 * noise)

    def _basis(self) -> tuple[Vectors, Vectors]:
        random = np.random.default_rng(self.seed + 2)
        basis = np.linalg.qr(random.normal(size=(DIMENSION, LATENT)))[0].T.astype(np.float32)
        return basis, random.normal(size=(KINDS, LATENT)).astype(np.float32)

    def _some(self, random: np.random.Generator, basis: Vectors, kinds: Vectors, count: int) -> Vectors:
        meant = random.normal(size=(count, LATENT)).astype(np.float32)
        if self.alike:
            meant = kinds[random.integers(KINDS, size=count)] + 0.3 * meant
        parts = meant[:, None] + 0.5 * random.normal(size=(count, ROWS, LATENT)).astype(np.float32)
        noise = random.normal(size=(count, ROWS, DIMENSION)).astype(np.float32) / np.sqrt(DIMENSION)
        songs = unit(parts) @ basis + 0.2 * noise
        songs[:, len(PASSAGES)] = songs[:, : len(PASSAGES)].mean(axis=1)
        return unit(songs)


def unit(vectors: Vectors) -> Vectors:
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled
