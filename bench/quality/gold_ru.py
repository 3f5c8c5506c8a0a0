"""Russian stanzas whose schemes were drafted by spelling and corrected by hand: `sets/rhyme_ru.jsonl`.

The set holds no text of the shared songs, only where a stanza stands in which text; without the shared
folder those stanzas can't be read, and only those of the demo verses are measured.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.cli import demo
from bench.quality.gold import Stanza, numbered
from bench.quality.rhyme_ru_draft import SONGS, song_id

SET = Path(__file__).with_name("sets") / "rhyme_ru.jsonl"
DEMO = Path(demo.__file__).parent


@dataclass(frozen=True, slots=True)
class Reading:
    """The stanzas that could be read, and how many couldn't."""

    stanzas: list[Stanza]
    unread: int


def read(songs: Path = SONGS) -> Reading:
    """Every stanza whose text is at hand; `Stanza.title` is the key of its text."""
    texts = _shared(songs) if songs.exists() else {}
    found: list[Stanza] = []
    unread = 0
    for row in SET.read_text(encoding="utf-8").splitlines():
        item = json.loads(row)
        key = item.get("demo") or item["song"]
        lines = demo_lines(key) if "demo" in item else texts.get(key)
        if lines is None:
            unread += 1
            continue
        first, last = item["stanza"]
        author = "demo" if "demo" in item else "shared"
        found.append(Stanza(author, key, tuple(lines[first - 1 : last]), numbered(list(item["scheme"]))))
    return Reading(found, unread)


def is_held_out(stanza: Stanza) -> bool:
    """Whether nothing may be fitted on a stanza: those of half the texts, by the hash of their keys."""
    return sha256(stanza.title.encode()).digest()[0] % 2 == 0


def demo_lines(key: str) -> list[str]:
    """The lines of a demo verse, numbered without its header; `key` is `northside/ru/zebra`."""
    text = (DEMO / f"{key}.txt").read_text(encoding="utf-8")
    return text.partition("\n\n")[2].strip().split("\n")


def _shared(songs: Path) -> dict[str, list[str]]:
    with gzip.open(songs, "rt", encoding="utf-8") as rows:
        lyrics = [song["lyrics"] for song in map(json.loads, rows) if song["language"] == "ru"]
    return {song_id(text): text.replace("\r\n", "\n").replace("\r", "\n").split("\n") for text in lyrics}
