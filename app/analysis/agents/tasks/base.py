"""What the tasks have in common: an answer's schema, and how it is read against the song."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from app.analysis.agents.prompts import Prompt
from app.analysis.agents.sheet import Checker, Strict
from app.analysis.results import Result
from app.lyrics.text import Lyrics

Share = Annotated[float, Field(ge=0, le=1)]
Signed = Annotated[float, Field(ge=-1, le=1)]


class Unfounded(ValueError):
    """An answer of the right shape that contradicts the song or itself; the message is safe to show."""


@dataclass(frozen=True, slots=True)
class Task:
    """`read` makes a result of an answer (an instance of `answer`), or raises Unfounded.

    `version` changes with the schema or the reading; the prompt has a hash of its own.
    """

    name: str
    version: str
    title: str
    description: str
    answer: type[Strict]
    read: Callable[[Any, Lyrics, Checker], Result]
    words: int = 8
    lines: int = 1

    @property
    def prompt(self) -> Prompt:
        return PROMPTS[self.name]


NAMES = ("rhyme", "emotion", "themes", "vocabulary", "content", "critic")
PROMPTS = {name: Prompt.read(name) for name in NAMES}


def once(names: list[str], what: str) -> None:
    """Raises Unfounded where a name comes twice."""
    if len(set(names)) < len(names):
        raise Unfounded(f"The same {what} is named twice.")


def founded(checker: Checker) -> None:
    """Raises Unfounded where there were quotes, and not one of them is in the song."""
    if checker.dropped and not checker.kept:
        raise Unfounded("None of the quotes is in the song.")
