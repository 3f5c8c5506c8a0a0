"""What a local analyzer and models say together, how far they agree, and how sure a result is of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.analysis.combination import agreement, combined
from app.analysis.confidence import confidence
from app.analysis.profile import Profile
from app.analysis.results import (
    ContentDetails,
    Details,
    EmotionDetails,
    Label,
    Result,
    RhymeDetails,
    RhymePair,
    Score,
    Sentiment,
    Status,
    ThemeDetails,
    VocabularyDetails,
)


def felt(valence: float, sentiment: Sentiment, **shares: float) -> Result:
    emotions = [Score(name, value) for name, value in shares.items()]
    labels = tuple(Label("emotion", name, value) for name, value in shares.items())
    details = EmotionDetails(emotions, valence, 0.5, [valence])
    return Result(Status.COMPLETED, details, sentiment=sentiment, labels=labels)


def about(**themes: float) -> Result:
    labels = [Label("theme", name, value) for name, value in themes.items()]
    return Result(Status.COMPLETED, ThemeDetails(labels, []), labels=tuple(labels))


def explicit(is_explicit: bool, severity: float, **categories: float) -> Result:
    labels = [Label("content", name, value) for name, value in categories.items()]
    return Result(Status.COMPLETED, ContentDetails(is_explicit, severity, labels), labels=tuple(labels))


def rhymes(*pairs: tuple[int, int]) -> Result:
    heard = [RhymePair(first, second, "a", "b", 1.0) for first, second in pairs]
    return Result(Status.COMPLETED, RhymeDetails([], 0.5, 0, 0, 0, 0, 0, 0, 0, 0, heard))


def words(rare: float) -> Result:
    return Result(Status.COMPLETED, VocabularyDetails(100, 50, 0.5, 60, 4, rare, 0.1))


def emotion(result: Result) -> EmotionDetails:
    assert isinstance(result.details, EmotionDetails)
    return result.details


def test_a_task_of_one_result_keeps_it() -> None:
    alone = {"emotion": felt(0.4, Sentiment.POSITIVE, joy=1.0), "themes.m": about(love=0.2)}
    assert combined(alone) == {"emotion": alone["emotion"], "themes": alone["themes.m"]}
    assert agreement(alone) is None


def test_feelings_are_averaged_and_keep_what_one_alone_has_named() -> None:
    joined = combined(
        {
            "emotion.m": felt(-0.8, Sentiment.NEGATIVE, sadness=1.0),
            "emotion": felt(-0.2, Sentiment.NEGATIVE, joy=1),
        }
    )["emotion"]
    assert emotion(joined).valence == -0.5
    assert {score.name: score.value for score in emotion(joined).emotions} == {"joy": 0.5, "sadness": 0.5}
    assert emotion(joined).arc == [-0.2], "the local one's, whichever came first"


@pytest.mark.parametrize(
    ("one", "other", "sentiment"),
    [
        ((0.5, Sentiment.POSITIVE), (0.1, Sentiment.POSITIVE), Sentiment.POSITIVE),
        ((0.1, Sentiment.NEUTRAL), (0.0, Sentiment.NEUTRAL), Sentiment.NEUTRAL),
        ((-0.8, Sentiment.NEGATIVE), (0.2, Sentiment.POSITIVE), Sentiment.NEGATIVE),
        ((-0.3, Sentiment.NEGATIVE), (0.3, Sentiment.POSITIVE), Sentiment.MIXED),
    ],
)
def test_a_sentiment_is_that_of_all_or_that_of_the_mean(
    one: tuple[float, Sentiment], other: tuple[float, Sentiment], sentiment: Sentiment
) -> None:
    results = {"emotion": felt(*one), "emotion.m": felt(*other)}
    assert combined(results)["emotion"].sentiment is sentiment


def test_a_theme_that_only_one_sees_counts_half() -> None:
    joined = combined({"themes": about(love=0.8, city=0.5), "themes.m": about(love=0.6, loss=0.9)})["themes"]
    assert [(label.name, label.confidence) for label in joined.labels] == [("love", 0.7), ("loss", 0.45)]


def test_who_calls_a_song_explicit_is_believed() -> None:
    joined = combined({"content": explicit(False, 0.2), "content.m": explicit(True, 0.8, violence=0.9)})[
        "content"
    ]
    assert isinstance(joined.details, ContentDetails)
    assert (joined.details.explicit, joined.details.severity) == (True, 0.5)


def test_sounds_and_counts_are_the_local_ones_where_it_has_any() -> None:
    assert combined({"rhyme.m": rhymes((1, 2)), "rhyme": rhymes((1, 3))})["rhyme"] == rhymes((1, 3))
    assert combined({"vocabulary.m": words(0.3)})["vocabulary"] == words(0.3)


@pytest.mark.parametrize(
    ("task", "local", "model", "expected"),
    [
        ("emotion", felt(0.5, Sentiment.POSITIVE), felt(-0.5, Sentiment.NEGATIVE), 0.5),
        ("themes", about(love=0.8, city=0.2), about(love=0.4), 0.4),
        ("themes", about(), about(), 1.0),
        ("content", explicit(False, 0.0), explicit(True, 0.7, violence=1.0), 0.3),
        ("rhyme", rhymes((1, 2), (3, 4)), rhymes((1, 2), (2, 3)), 0.5),
        ("rhyme", rhymes(), rhymes(), 1.0),
        ("vocabulary", words(0.1), words(0.3), 0.8),
    ],
)
def test_agreement_by_task(task: str, local: Result, model: Result, expected: float) -> None:
    assert agreement({task: local, f"{task}.m": model}) == pytest.approx(expected)


def test_agreement_is_the_mean_over_all_that_can_be_compared() -> None:
    results = {
        "content": explicit(False, 0.0), "content.m": explicit(False, 0.0),
        "themes": about(love=1.0), "themes.m": about(loss=1.0), "rhyme.m": rhymes((1, 2)),
    }  # fmt: skip
    assert agreement(results) == 0.5
    failed = replace(results["themes.m"], status=Status.FAILED, details=None, labels=())
    profile = Profile.of({**results, "themes.m": failed})
    assert profile is not None
    assert profile.model_agreement == 1.0, "what has failed has no opinion"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result.degraded("Too short."), 0.0),
        (Result(Status.FAILED, error="No."), 0.0),
        (felt(0.5, Sentiment.POSITIVE, joy=0.6, love=0.4), 0.6),
        (felt(0.5, Sentiment.POSITIVE), 0.0),
        (about(love=0.4, loss=0.7), 0.7),
        (about(), 0.0),
        (explicit(False, 0.0), 1.0),
        (explicit(True, 0.9, violence=0.9, drugs=0.3), 0.3),
        (rhymes(), 1.0),
        (words(0.1), 1.0),
    ],
)
def test_confidence(result: Result, expected: float) -> None:
    details: Details | None = result.details
    assert confidence(result) == expected, type(details).__name__
