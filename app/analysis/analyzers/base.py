"""What every analyzer offers, and the checks that come before any of them computes."""

from __future__ import annotations

from typing import Protocol

from app.analysis.results import Result
from app.lyrics.text import Lyrics

_LANGUAGE_NAMES = {"en": "English", "ru": "Russian"}


class Described(Protocol):
    """What a tenant is told of an analyzer.

    `version` changes whenever the same text may get other numbers. `kind` is LOCAL, MODEL or AGENT.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...


class Analyzer(Described, Protocol):
    """Computes one `Result` from one text. `analyze` keeps no state: threads may share an analyzer."""

    def analyze(self, lyrics: Lyrics) -> Result:
        """Judge `lyrics`, or say why not by `Result.degraded`."""
        ...


def unfit(lyrics: Lyrics, languages: tuple[str, ...], *, words: int = 1, lines: int = 1) -> Result | None:
    """The degraded result for a text that is empty, in another language or too short; None when it is fit."""
    if not lyrics.words:
        return Result.degraded("There are no words to analyse.")
    if lyrics.language is None:
        return Result.degraded("The language can't be told: the text is too short or mixes languages.")
    if lyrics.language not in languages:
        known = " and ".join(_LANGUAGE_NAMES.get(tag, tag) for tag in languages)
        return Result.degraded(f"The language is '{lyrics.language}'; this analyzer knows {known}.")
    if len(lyrics.words) < words:
        return Result.degraded(f"Too short: {len(lyrics.words)} words, and {words} are needed.")
    if len(lyrics.lines) < lines:
        return Result.degraded(f"Too short: {len(lyrics.lines)} lines, and {lines} are needed.")
    return None
