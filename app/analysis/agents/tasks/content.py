"""Explicit content, as a model understands it."""

from __future__ import annotations

from typing import Literal

from app.analysis.agents.sheet import Checker, Quote, Strict
from app.analysis.agents.tasks.base import Share, Task, Unfounded, founded, once
from app.analysis.results import ContentDetails, Evidence, Label, Result, Score, Status
from app.lyrics.text import Lyrics

# The categories of `content.toml`; a test holds the two together.
CategoryName = Literal["profanity", "sexual", "violence", "drugs", "slurs", "self-harm"]


class Category(Strict):
    name: CategoryName
    confidence: Share
    quotes: list[Quote]


class Answer(Strict):
    categories: list[Category]
    severity: Share
    explicit: bool


def read(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
    """A category without a quote that is there is left out; severity without any category is refused."""
    once([category.name for category in answer.categories], "category")
    labels: list[Label] = []
    quotes: list[Evidence] = []
    for category in sorted(answer.categories, key=lambda c: (-c.confidence, c.name)):
        shown = checker.quotes(category.quotes, category.name)
        if shown:
            labels.append(Label("content", category.name, round(category.confidence, 4)))
            quotes += shown
    founded(checker)
    if not labels and (answer.explicit or answer.severity > 0):
        raise Unfounded("It is called explicit or severe, and no category with a quote shows why.")
    return Result(
        Status.COMPLETED,
        ContentDetails(answer.explicit, round(answer.severity, 4), labels),
        scores=(
            Score("severity", round(answer.severity, 4)),
            Score("explicitness", 1.0 if answer.explicit else 0.0),
        ),
        labels=tuple(labels),
        evidence=tuple(quotes),
    )


TASK = Task(
    "content", "1.0.0", "Explicit content",
    "Strong language, sex, violence, drugs, slurs and self-harm, with severity and the lines.",
    Answer, read, words=1,
)  # fmt: skip
