"""The annotated stanzas that the rhyme analyzer is fitted on and measured with."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

# Nothing is ever fitted on these poets, so that their stanzas tell how the analyzer does on unseen verse.
HELD_OUT = frozenset(
    {
        "A. E. Housman",
        "Percy Shelley",
        "Charlotte Turner Smith",
        "Ben Jonson",
        "Alexander Pope",
        "Giles Fletcher",
    }
)
DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data" / "rhyme_gold_en.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Stanza:
    """`scheme` numbers each line's rhyme in order of first appearance."""

    author: str
    title: str
    lines: tuple[str, ...]
    scheme: tuple[int, ...]


def read(path: Path = DEFAULT) -> list[Stanza]:
    """Every stanza of a gold file (JSON lines, gzipped); FileNotFoundError when there is none."""
    found: list[Stanza] = []
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in rows:
            item = json.loads(row)
            found.append(
                Stanza(item["author"], item["title"], tuple(item["lines"]), numbered(item["scheme"]))
            )
    return found


def numbered(letters: list[str]) -> tuple[int, ...]:
    """`["a", "b", "b"]` → `(0, 1, 1)`, whatever names the letters have."""
    names: dict[str, int] = {}
    return tuple(names.setdefault(letter, len(names)) for letter in letters)
