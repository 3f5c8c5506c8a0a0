"""Emotion and sentiment, as a model hears them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.analysis.agents.sheet import Checker, Quote, Strict
from app.analysis.agents.tasks.base import Share, Signed, Task, founded, once
from app.analysis.results import EmotionDetails, Evidence, Label, Result, Score, Sentiment, Status
from app.lyrics.text import Lyrics

Emotion = Literal[
    "joy", "sadness", "anger", "fear", "love", "trust", "anticipation", "surprise", "disgust"
]  # fmt: skip


class Felt(Strict):
    name: Emotion
    share: Share
    quotes: list[Quote]


class Answer(Strict):
    emotions: list[Felt]
    valence: Signed
    arousal: Share
    sentiment: Literal["POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"]
    arc: Annotated[list[Signed], Field(min_length=1, max_length=8)]


def read(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
    """Emotions without a quote that is there are left out, and the shares of the others make one again."""
    once([felt.name for felt in answer.emotions], "emotion")
    shown: dict[str, list[Evidence]] = {}
    shares: dict[str, float] = {}
    for felt in answer.emotions:
        quotes = checker.quotes(felt.quotes, felt.name)
        if quotes and felt.share > 0:
            shown[felt.name], shares[felt.name] = quotes, felt.share
    founded(checker)
    whole = sum(shares.values())
    ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    emotions = [Score(name, round(share / whole, 4)) for name, share in ranked]
    labels = tuple(Label("emotion", e.name, e.value) for e in emotions[:3] if e.value >= 0.15)
    return Result(
        Status.COMPLETED,
        EmotionDetails(emotions, round(answer.valence, 4), round(answer.arousal, 4), answer.arc),
        sentiment=Sentiment(answer.sentiment),
        scores=(
            Score("valence", round(answer.valence, 4), "-1..1"),
            Score("arousal", round(answer.arousal, 4)),
            *emotions,
        ),
        labels=labels,
        evidence=tuple(quote for label in labels for quote in shown[label.name]),
    )


TASK = Task(
    "emotion", "1.0.0", "Emotion and sentiment",
    "Nine emotions, valence, arousal and their course through the song.", Answer, read,
)  # fmt: skip
