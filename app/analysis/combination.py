"""What a local analyzer and language models say of the same task, as one result, and how far they agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from app.analysis.results import (
    ContentDetails,
    EmotionDetails,
    Label,
    Result,
    RhymeDetails,
    Score,
    Sentiment,
    ThemeDetails,
    VocabularyDetails,
)

# What a mean of several judges has to reach.
_THEME, _FELT = 0.3, 0.15


def task_of(name: str) -> str:
    """`emotion` of `emotion` and of `emotion.some-model`."""
    return name.partition(".")[0]


def combined(completed: Mapping[str, Result]) -> dict[str, Result]:
    """One result a task, of completed results by analyzer name; a task of one result keeps it as it is.

    emotion: means of valence, arousal and shares; the sentiment on which all agree, else the side of the
    mean valence from .15 on, else MIXED. themes and content: the mean confidence of a label among all who
    judged, 0 where one does not name it, from .3 on; severity is the mean, and one who calls a song explicit
    is believed. rhyme and vocabulary: the first, which is the local one where it has completed: sounds and
    counts are not a matter of opinion.
    """
    tasks: dict[str, list[Result]] = defaultdict(list)
    for name in sorted(completed, key=lambda name: "." in name):
        tasks[task_of(name)].append(completed[name])
    # In the order in which the results came.
    return {task: _joined(tasks[task]) for task in dict.fromkeys(map(task_of, completed))}


def agreement(completed: Mapping[str, Result]) -> float | None:
    """0..1, the mean over all pairs of a local and a model's result of one task; None without any.

    emotion: 1 - half the distance of the valences. themes: Σ smaller / Σ larger confidence over all themes
    that either names, 1 where neither names one. content: 1 - the distance of the severities. rhyme: twice
    the pairs that both hear / the pairs that either hears (Dice), 1 where there are none. vocabulary:
    1 - the distance of the shares of rare words.
    """
    pairs = [
        _alike(completed[task_of(name)], result)
        for name, result in completed.items()
        if task_of(name) != name and task_of(name) in completed
    ]
    measured = [value for value in pairs if value is not None]
    return round(fmean(measured), 4) if measured else None


def _alike(one: Result, other: Result) -> float | None:
    match one.details, other.details:
        case EmotionDetails() as a, EmotionDetails() as b:
            return 1 - abs(a.valence - b.valence) / 2
        case ContentDetails() as a, ContentDetails() as b:
            return 1 - abs(a.severity - b.severity)
        case VocabularyDetails() as a, VocabularyDetails() as b:
            return 1 - abs(a.rare_word_share - b.rare_word_share)
        case ThemeDetails() as a, ThemeDetails() as b:
            weights = [{label.name: label.confidence for label in each.themes} for each in (a, b)]
            both = [[each.get(name, 0.0) for each in weights] for name in weights[0] | weights[1]]
            larger = sum(map(max, both))
            return sum(map(min, both)) / larger if larger else 1.0
        case RhymeDetails() as a, RhymeDetails() as b:
            heard = [{(pair.first_line, pair.second_line) for pair in each.pairs} for each in (a, b)]
            total = sum(map(len, heard))
            return 2 * len(heard[0] & heard[1]) / total if total else 1.0
    return None


def _joined(results: Sequence[Result]) -> Result:
    first = results[0]
    if len(results) == 1:
        return first
    details = [result.details for result in results]
    if isinstance(first.details, EmotionDetails):
        return _emotion(first, results, [each for each in details if isinstance(each, EmotionDetails)])
    if isinstance(first.details, ThemeDetails):
        themes = _mean("theme", results, _THEME)
        named = {(la.kind, la.name): la for r in reversed(results) for la in r.labels if la.kind != "theme"}
        entities = list(named.values())
        return replace(first, details=ThemeDetails(themes, entities), labels=(*themes, *entities))
    if isinstance(first.details, ContentDetails):
        contents = [each for each in details if isinstance(each, ContentDetails)]
        severity = round(fmean(each.severity for each in contents), 4)
        categories = _mean("content", results, _THEME)
        explicit = any(each.explicit for each in contents)
        joined = ContentDetails(explicit, severity, categories)
        return replace(first, details=joined, labels=tuple(categories))
    return first


def _mean(kind: str, results: Sequence[Result], least: float) -> list[Label]:
    names = {label.name for result in results for label in result.labels if label.kind == kind}
    found = [Label(kind, name, round(fmean(_weights(kind, name, results)), 4)) for name in names]
    kept = [label for label in found if label.confidence >= least]
    return sorted(kept, key=lambda label: (-label.confidence, label.name))


def _weights(kind: str, name: str, results: Sequence[Result]) -> Iterable[float]:
    for result in results:
        wanted = (la.confidence for la in result.labels if (la.kind, la.name) == (kind, name))
        yield next(wanted, 0.0)


def _emotion(first: Result, results: Sequence[Result], details: Sequence[EmotionDetails]) -> Result:
    valence = round(fmean(each.valence for each in details), 4)
    shares: dict[str, float] = defaultdict(float)
    for each in details:
        for score in each.emotions:
            shares[score.name] += score.value / len(details)
    ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    emotions = [Score(name, round(share, 4)) for name, share in ranked]
    said = {result.sentiment for result in results if result.sentiment is not None}
    if len(said) == 1:
        (sentiment,) = said
    elif abs(valence) >= _FELT:
        sentiment = Sentiment.POSITIVE if valence > 0 else Sentiment.NEGATIVE
    else:
        sentiment = Sentiment.MIXED
    joined = EmotionDetails(emotions, valence, round(fmean(e.arousal for e in details), 4), first.details.arc)  # type: ignore[union-attr]
    labels = tuple(Label("emotion", e.name, e.value) for e in emotions[:3] if e.value >= _FELT)
    return replace(first, details=joined, sentiment=sentiment, labels=labels)
