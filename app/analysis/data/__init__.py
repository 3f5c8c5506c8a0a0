"""Dictionaries and lexicons; README.md beside this file says where each comes from and its licence."""

from __future__ import annotations

import gzip
import json as _json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def text(name: str) -> str:
    """A data file's text, gunzipped when its name ends in `.gz`; FileNotFoundError when there is none."""
    raw = (_FOLDER / name).read_bytes()
    return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()


def toml(name: str) -> dict[str, Any]:
    """A data file's tables."""
    return tomllib.loads(text(name))


def json(name: str) -> dict[str, Any]:
    """A data file's object."""
    found: dict[str, Any] = _json.loads(text(name))
    return found


def words(table: str, name: str) -> frozenset[str]:
    """One of the small lists of `words.toml`."""
    return frozenset(_word_lists()[table][name].split())


@lru_cache(maxsize=1)
def _word_lists() -> dict[str, Any]:
    return toml("words.toml")
