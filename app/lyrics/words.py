"""The small word lists of `words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


def words(table: str, name: str) -> frozenset[str]:
    """One list, such as the English function words."""
    return frozenset(lists()[table][name].split())


@cache
def lists() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
