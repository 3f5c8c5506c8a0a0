"""The prompts: one file a task, read once. A changed word is another hash, and asks every text again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Prompt:
    """`hash` is the SHA-256 of `text`, in hexadecimal, as in the provenance of every result."""

    name: str
    text: str
    hash: str

    @classmethod
    def read(cls, name: str) -> Prompt:
        """`<name>.md` of this folder with `data.md`, which says how the lyrics come, after it."""
        folder = files(__name__)
        parts = [(folder / f"{part}.md").read_text(encoding="utf-8").strip() for part in (name, "data")]
        text = "\n\n".join(parts)
        return cls(name, text, sha256(text.encode()).hexdigest())
