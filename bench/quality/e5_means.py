"""Makes app/search/data/e5_means.npz: what multilingual E5's vectors of a language have in common.

Run `python -m bench.quality.e5_means`; it takes a minute. Of passages, it is the mean over the demo's songs
as they are embedded; of queries, over the sentences of the themes, with and without "A song about". No
labelled query and no shared song is among them.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np

from app.analysis.analyzers.themes.taxonomy import themes
from app.cli import demo
from app.search.e5 import language, raw
from app.search.index import TrackLyrics, texts
from app.search.query_vectors import topic

FILE = Path(__file__).parents[2] / "app" / "search" / "data" / "e5_means.npz"


def main() -> None:
    said: dict[str, list[str]] = {f"{kind}_{of}": [] for kind in ("passage", "query") for of in ("en", "ru")}
    for song in (*demo.tracks("northside"), *demo.tracks("aurora")):
        lyrics = TrackLyrics(UUID(int=0), b"", song.lyrics, song.title, song.language, song.tags)
        spans, labels = texts(lyrics)
        for text in (*(span.text for span in spans), *labels):
            said[f"passage_{language(text)}"].append(text)
    for theme in themes():
        for text in theme.about.values():
            said[f"query_{language(text)}"] += [text, topic(text)]
    means = {name: raw(its, query=name.startswith("query")).mean(axis=0) for name, its in said.items()}
    np.savez(FILE, **means)
    print({name: (len(its), round(float(np.linalg.norm(means[name])), 3)) for name, its in said.items()})


if __name__ == "__main__":
    main()
