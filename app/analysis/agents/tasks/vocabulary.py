"""Vocabulary: a model says which words are rare and how hard the text is; what can be counted is counted."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import Field

from app.analysis import evidence
from app.analysis.agents.sheet import Checker, Strict
from app.analysis.agents.tasks.base import Task, founded
from app.analysis.analyzers.vocabulary import MIN_WORDS, mtld, repetition
from app.analysis.results import Result, Score, Status, VocabularyDetails
from app.lyrics import tokens
from app.lyrics.text import Lyrics


class Answer(Strict):
    rare_words: list[str]
    readability: Annotated[float, Field(ge=0, le=20)]


def read(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
    """Rare words that the song lacks are struck out and counted among the dropped quotes."""
    kinds = Counter(lyrics.words)
    rare: set[str] = set()
    for text in answer.rare_words:
        words = tokens.words(text)
        if len(words) == 1 and words[0] in kinds:
            checker.kept += 1
            rare.add(words[0])
        else:
            checker.dropped += 1
    founded(checker)
    count = len(lyrics.words)
    details = VocabularyDetails(
        words=count,
        unique_words=len(kinds),
        type_token_ratio=round(len(kinds) / count, 4),
        mtld=round(mtld(lyrics.words), 2),
        readability=round(answer.readability, 2),
        rare_word_share=round(sum(kinds[word] for word in rare) / count, 4),
        repetition=round(repetition(lyrics), 4),
    )
    weights = [(line.number, float(sum(word in rare for word in line.words))) for line in lyrics.lines]
    return Result(
        Status.COMPLETED,
        details,
        scores=(
            Score("readability", details.readability, "grade"),
            Score("rare_word_share", details.rare_word_share),
        ),
        evidence=tuple(evidence.strongest(lyrics, weights, "rare_word_share", limit=3)),
    )


TASK = Task(
    "vocabulary", "1.0.0", "Vocabulary",
    "Rare words and readability by a model's knowledge of the language; the rest is counted.",
    Answer, read, words=MIN_WORDS,
)  # fmt: skip
