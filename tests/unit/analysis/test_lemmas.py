"""Base forms, and the words that only look like a form of another."""

from __future__ import annotations

import pytest

from app.analysis import lemmas
from app.analysis.analyzers.themes.taxonomy import lexicon


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("happier", "happy"),
        ("staring", "stare"),
        ("starring", "star"),
        ("wishes", "wish"),
        ("loves", "love"),
        ("heroes", "hero"),
        ("loveth", "love"),
        ("rivers", "river"),
        ("burnin'", "burn"),
        ("brother's", "brother"),
    ],
)
def test_english_forms(word: str, base: str) -> None:
    assert base in lemmas.english(word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("number", "numb"),
        ("numbers", "numb"),
        ("really", "real"),
        ("toasters", "toast"),
        ("staring", "star"),
        ("planes", "plan"),
        ("fearless", "fear"),
    ],
)
def test_words_that_are_no_form_of_another(word: str, other: str) -> None:
    assert other not in lemmas.english(word)


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("fearless", "fear"),
        ("friendlessness", "friend"),
        ("pitiless", "pity"),
        ("unloved", "love"),
        ("doubtless", None),
        ("bless", None),
        ("love", None),
    ],
)
def test_what_a_word_says_is_missing(word: str, base: str | None) -> None:
    assert base in lemmas.lacking(word) if base else lemmas.lacking(word) == ()


@pytest.mark.parametrize(
    "word", ["верстак", "барышня", "материал", "драконы", "кровать", "поэтому", "убирать"]
)
def test_words_that_only_look_like_a_theme(word: str) -> None:
    assert lexicon("ru").find(word) == ()
