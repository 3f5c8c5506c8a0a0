"""What a model's cosines mean: the figures that `search.embeddings.Embedder` has, of songs and questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from app.search.embeddings import Vectors, mean
from app.search.index import TrackLyrics, texts

Embed = Callable[[Sequence[str]], Vectors]

# The scale ends twice as far from most songs as the best answers to nine questions of ten are: questions
# about themes have fainter answers than others. For the fast model it is .53, and .5 by labelled queries.
BEST, TWICE = 0.9, 2.0


@dataclass(frozen=True, slots=True)
class Scale:
    """As the settings have it."""

    dimension: int
    background: float
    foreground: float
    unrelated: float

    def settings(self) -> dict[str, float]:
        return asdict(self)


def measure(passages: Embed, queries: Embed, songs: Sequence[TrackLyrics], questions: Sequence[str]) -> Scale:
    """The scale of a model; songs and questions should have little to do with each other, and some a lot."""
    asked = queries(questions)
    wholes: list[Vectors] = []
    likeness: list[Vectors] = []
    for song in songs:
        spans, labels = texts(song)
        vectors = passages([*(span.text for span in spans), *labels])
        sung, named = vectors[: len(spans)], vectors[len(spans) :]
        said = sung if len(sung) else named
        whole = mean(said)
        wholes.append(whole)
        # As `search.meaning` adds them up.
        likeness.append(
            0.3 * (said @ asked.T).max(axis=0)
            + 0.3 * (asked @ whole)
            + 0.2 * (asked @ named[0])
            + 0.2 * (named @ asked.T).max(axis=0)
        )
    table = np.stack(likeness)  # of shape (songs, questions)
    alike = np.stack(wholes) @ np.stack(wholes).T
    background = float(np.median(table))
    foreground = background + TWICE * (float(np.quantile(table.max(axis=0), BEST)) - background)
    unrelated = float(np.median(alike[np.triu_indices(len(wholes), 1)]))
    return Scale(asked.shape[1], round(background, 2), round(foreground, 2), round(unrelated, 2))
