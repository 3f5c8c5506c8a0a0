"""Which language a text is in, without a hint, against what the catalogues say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

from app.lyrics.text import Lyrics
from bench.quality import labels
from bench.quality.gold_ru import demo_lines
from bench.quality.rhyme_ru_draft import SONGS
from bench.quality.statistics import Figure, figure, share


def figures() -> Iterator[Figure]:
    """Share of texts whose language is found; English and Russian alone, so neighbours aren't tried here."""
    demo = [(song.key.split("/")[1], "\n".join(demo_lines(song.key))) for song in labels.songs()]
    yield figure("language", "demo songs", "right", [_found(text, tag) for tag, text in demo], share)
    if not SONGS.exists():
        print("skipped: the shared songs aren't here (../shared/data)")
        return
    with gzip.open(SONGS, "rt", encoding="utf-8") as rows:
        songs = [json.loads(row) for row in rows]
    judged = [_found(song["lyrics"], song["language"]) for song in songs]
    yield figure("language", "shared songs", "right", judged, share)


def _found(text: str, language: str) -> bool:
    return Lyrics.parse(text).language == language
