"""Prints what each theme's words weigh on average in verse, whatever it is about: `usual` in `themes.toml`.

Run `python -m bench.quality.theme_usual`. Every text of 80 to 600 words of the shared songs counts once;
weight is what `ThemeAnalyzer` says. Moons, rain and years are in every song, and say less than money does.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter

from app.analysis.analyzers.themes.analyzer import weights
from app.analysis.analyzers.themes.taxonomy import themes
from app.lyrics.text import Lyrics
from bench.quality.rhyme_ru_draft import SONGS

LENGTHS = range(80, 601)


def usual() -> dict[str, dict[str, float]]:
    """Language → theme → mean weight."""
    totals: dict[str, Counter[str]] = {"en": Counter(), "ru": Counter()}
    texts: Counter[str] = Counter()
    with gzip.open(SONGS, "rt", encoding="utf-8") as rows:
        for song in map(json.loads, rows):
            lyrics = Lyrics.parse(song["lyrics"], language=song["language"])
            if lyrics.language in totals and len(lyrics.words) in LENGTHS:
                texts[lyrics.language] += 1
                totals[lyrics.language].update(weights(lyrics))
    return {
        language: {theme.name: round(found[theme.name] / texts[language], 2) for theme in themes()}
        for language, found in totals.items()
    }


def main() -> None:
    found = usual()
    for theme in themes():
        print(f"[{theme.name}] usual = {{en = {found['en'][theme.name]}, ru = {found['ru'][theme.name]}}}")


if __name__ == "__main__":
    main()
