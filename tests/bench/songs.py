"""The shared songs, which lie next to the checkout where they are there at all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from app.catalog.new_track import CONTROL, NewTrack

SONGS = Path(__file__).parents[3] / "shared" / "data" / "songs.jsonl.gz"


def songs() -> list[NewTrack]:
    """All of them, without the control characters that a few have."""
    with gzip.open(SONGS, "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return [
        NewTrack(
            title=song["title"],
            artist=song["artist"],
            lyrics=CONTROL.sub("", song["lyrics"]),
            language=song["language"],
        )
        for song in read
    ]
