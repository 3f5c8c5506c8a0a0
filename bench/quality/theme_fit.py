"""Fits `app/analysis/data/theme_fit.json`: how alike verse and themes usually are, and what to be sure of.

Run `python -m bench.quality.theme_fit`, about two minutes. What is usual comes from the shared songs of 80 to
600 words, without any labels. The logistic regressions have two and three weights, and are fitted on the demo
songs that are not held out, each theme of each song being one observation.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.analysis.analyzers.themes.analyzer import worded_evidence
from app.analysis.analyzers.themes.meaning import meanings, relative, whole
from app.analysis.analyzers.themes.taxonomy import themes
from app.lyrics.text import Lyrics
from app.search.embeddings import FastEmbedder
from bench.quality import labels
from bench.quality.rhyme_ru_draft import SONGS
from bench.quality.theme_usual import LENGTHS

FILE = Path(__file__).resolve().parents[2] / "app" / "analysis" / "data" / "theme_fit.json"
AT_ONCE = 16
PENALTY = 0.5
ROUNDS = 50
Array = NDArray[np.float64]


def verse() -> dict[str, list[str]]:
    """Language → texts as they are embedded."""
    found: dict[str, list[str]] = {"en": [], "ru": []}
    with gzip.open(SONGS, "rt", encoding="utf-8") as rows:
        for song in map(json.loads, rows):
            lyrics = Lyrics.parse(song["lyrics"], language=song["language"])
            if lyrics.language in found and len(lyrics.words) in LENGTHS:
                found[lyrics.language].append(whole(lyrics))
    return found


def likeness(embedder: FastEmbedder, texts: Sequence[str]) -> Array:
    """Of each text to each theme: shape (texts, themes)."""
    parts = [embedder.embed(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE)]
    return np.concatenate(parts).astype(float) @ meanings(embedder).T


def regression(columns: Array, right: Array) -> Array:
    """The constant, and the weight of each column, by Newton's method; the L2 penalty is for standardised
    columns and spares the constant."""
    mean, deviation = columns.mean(axis=0), columns.std(axis=0)
    rows = np.column_stack([np.ones(len(columns)), (columns - mean) / deviation])
    penalty = PENALTY * np.diag([0.0, *np.ones(columns.shape[1])])
    found = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (chance - right) + penalty @ found
        found -= np.linalg.solve((rows.T * (chance * (1 - chance))) @ rows + penalty, slope)
    weights = found[1:] / deviation
    return np.array([found[0] - weights @ mean, *weights])


def main() -> None:
    embedder = FastEmbedder()
    usual = {}
    for language, texts in verse().items():
        found = likeness(embedder, texts)
        usual[language] = np.stack([found.mean(axis=0), found.std(axis=0)])
        print(f"{language}: {len(texts):,} texts")
    songs = [song for song in labels.songs() if not song.held_out]
    alike = likeness(embedder, [whole(song.lyrics) for song in songs])
    meant = [
        relative(row, *usual[song.lyrics.language or "en"]) for row, song in zip(alike, songs, strict=True)
    ]
    worded = [list(worded_evidence(song.lyrics).values()) for song in songs]
    right = np.ravel([[theme.name in song.themes for theme in themes()] for song in songs]).astype(float)
    alone = regression(np.ravel(worded)[:, None], right)
    both = regression(np.column_stack([np.ravel(worded), np.ravel(meant)]), right)
    fitted = {
        "space": embedder.space,
        "words": dict(zip(("constant", "worded"), alone.round(4).tolist(), strict=True)),
        "meaning": dict(zip(("constant", "worded", "meant"), both.round(4).tolist(), strict=True)),
        "usual": {
            theme.name: {tag: usual[tag][:, n].round(4).tolist() for tag in usual}
            for n, theme in enumerate(themes())
        },
    }
    FILE.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: fitted[name] for name in ("words", "meaning")}))


if __name__ == "__main__":
    main()
