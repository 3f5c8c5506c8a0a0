"""The themes of `themes.toml`: titles, sentences to embed, words to look up; and what was fitted for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.analysis import data
from app.analysis.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Theme:
    """`about` is one sentence a language ("en", "ru") that says what a text with this theme is about,
    `shown` are lines that show the theme.

    `usual` is what the theme's words weigh on average in verse of a language (`bench.quality.theme_usual`).
    """

    name: str
    title: str
    about: Mapping[str, str]
    shown: Mapping[str, tuple[str, ...]]
    usual: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """`theme_fit.json`, which `bench.quality.theme_fit` writes.

    `usual` is theme → language → (mean, standard deviation) of the likeness (`meaning.Meaning`) of verse to
    the theme, for vectors of `space`. A confidence is 1 / (1 + exp(-(constant + Σ weight · evidence))), of
    words alone or of words and meaning.
    """

    space: str
    usual: Mapping[str, Mapping[str, tuple[float, float]]]
    words: Mapping[str, float]
    meaning: Mapping[str, float]


@lru_cache(maxsize=1)
def themes() -> tuple[Theme, ...]:
    """Every theme, in the file's order."""
    return tuple(
        Theme(
            name,
            str(group["title"]),
            dict(group["about"]),
            {tag: tuple(lines) for tag, lines in group["shown"].items()},
            dict(group["usual"]),
        )
        for name, group in data.toml("themes.toml").items()
    )


@lru_cache(maxsize=1)
def fit() -> Fit:
    """Read once."""
    return Fit(**data.json("theme_fit.json"))


@lru_cache(maxsize=4)
def lexicon(language: str) -> Lexicon:
    """The words of all themes in "en" or "ru", read once."""
    return Lexicon.of(language, {name: group[language] for name, group in data.toml("themes.toml").items()})
