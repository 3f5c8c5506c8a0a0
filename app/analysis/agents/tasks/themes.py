"""Themes and names, as a model reads them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.analysis import evidence
from app.analysis.agents.sheet import Checker, Quote, Strict
from app.analysis.agents.tasks.base import Share, Task, founded, once
from app.analysis.results import Evidence, Label, Result, Score, Status, ThemeDetails
from app.lyrics.cleaning import without_controls
from app.lyrics.text import Lyrics

# The taxonomy of `themes.toml`; a test holds the two together.
ThemeName = Literal[
    "love", "heartbreak", "loss", "money", "poverty", "street", "violence", "war", "faith", "family",
    "friendship", "party", "drugs", "fame", "craft", "nature", "city", "home", "migration", "politics",
    "justice", "freedom", "hope", "loneliness", "mental-health", "time", "work", "body", "revenge",
]  # fmt: skip
MAX_ENTITIES, MAX_NAME = 30, 100


class Theme(Strict):
    name: ThemeName
    confidence: Share
    quotes: list[Quote]


class Entity(Strict):
    kind: Literal["person", "place", "brand"]
    name: str
    quotes: list[Quote]


class Answer(Strict):
    themes: Annotated[list[Theme], Field(max_length=5)]
    entities: list[Entity]


def read(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
    """A theme without a quote that is there is left out, and so is a name that its quoted line lacks."""
    once([theme.name for theme in answer.themes], "theme")
    themes: list[Label] = []
    quotes: list[Evidence] = []
    for theme in sorted(answer.themes, key=lambda theme: (-theme.confidence, theme.name)):
        shown = checker.quotes(theme.quotes, theme.name)
        if shown:
            themes.append(Label("theme", theme.name, round(theme.confidence, 4)))
            quotes += shown
    entities: list[Label] = []
    for entity in answer.entities[:MAX_ENTITIES]:
        name = without_controls(entity.name).strip()[:MAX_NAME]
        lines = checker.holds(name, entity.quotes)
        if not lines:
            checker.dropped += 1
        elif (entity.kind, name) not in [(label.kind, label.name) for label in entities]:
            checker.kept += 1
            # It stands in the text; that the model took it for a name is all that is known.
            entities.append(Label(entity.kind, name, 0.5))
            quotes.append(evidence.quote(lyrics, lines[0], lines[0], name))
    founded(checker)
    return Result(
        Status.COMPLETED,
        ThemeDetails(themes, entities),
        scores=tuple(Score(label.name, label.confidence) for label in themes),
        labels=(*themes, *entities),
        evidence=tuple(quotes),
    )


TASK = Task(
    "themes", "1.0.0", "Themes",
    "What the text is about, out of 29 themes, and the people, places and brands that it names.",
    Answer, read,
)  # fmt: skip
