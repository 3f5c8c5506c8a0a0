"""The themes of `themes.toml`: titles, sentences to embed, and words to look up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.analysis import data
from app.analysis.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Theme:
    """`about` is one sentence a language ("en", "ru") that says what a text with this theme is about.

    `usual` is what the theme's words weigh on average in verse of a language (`bench.quality.theme_usual`).
    """

    name: str
    title: str
    about: dict[str, str]
    usual: dict[str, float]


@lru_cache(maxsize=1)
def themes() -> tuple[Theme, ...]:
    """Every theme, in the file's order."""
    return tuple(
        Theme(name, str(group["title"]), dict(group["about"]), dict(group["usual"]))
        for name, group in data.toml("themes.toml").items()
    )


@lru_cache(maxsize=4)
def lexicon(language: str) -> Lexicon:
    """The words of all themes in "en" or "ru", read once."""
    return Lexicon.of(language, {name: group[language] for name, group in data.toml("themes.toml").items()})
