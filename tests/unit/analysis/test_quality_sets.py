"""The labelled sets are what their README says, and the figures are counted right."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.themes.taxonomy import themes
from app.analysis.data import toml
from app.lyrics import scripts
from bench.quality import gold_ru, labels
from bench.quality.statistics import (
    Counts,
    calibration_error,
    f1,
    interval,
    precision,
    ranking,
    recall,
    share,
)


def test_labels_are_names_that_the_analyzers_know() -> None:
    songs, lines, warned = labels.songs(), labels.felt_lines(), labels.warned_lines()
    assert (len(songs), len(lines), len(warned), len(labels.implied_lines())) == (64, 112, 177, 144)
    assert frozenset.union(*(song.themes for song in songs)) <= {theme.name for theme in themes()}
    assert {line.emotion for line in lines} - {None} <= set(toml("emotions.toml"))
    assert {line.category for line in warned} - {None} <= set(toml("content.toml"))
    assert all((line.category is not None) == line.explicit for line in warned)
    for language in ("en", "ru"):
        assert sum(line.language == language for line in warned) > 80


def test_homoglyphs_are_there_and_no_line_twice() -> None:
    warned = labels.warned_lines()
    texts = [line.lyrics.original_lines[0] for line in warned]
    assert len(set(texts)) == len(texts)
    for line, text in zip(warned, texts, strict=True):
        if line.trait == "homoglyph":
            letters = text.casefold()
            assert scripts.latin(letters) > 0
            assert scripts.cyrillic(letters) > 0


def test_every_stanza_has_a_letter_a_line() -> None:
    reading = gold_ru.read()
    assert len(reading.stanzas) + reading.unread == 333
    demo = [stanza for stanza in reading.stanzas if stanza.author == "demo"]
    assert len(demo) == 122
    for stanza in reading.stanzas:
        assert len(stanza.lines) == len(stanza.scheme)
        assert all(line.strip() for line in stanza.lines)
    held_out = sum(gold_ru.is_held_out(stanza) for stanza in demo)
    assert 0.3 < held_out / len(demo) < 0.7


def test_figures_are_pooled_over_items() -> None:
    counts = [Counts(right=3, invented=1), Counts(missed=2), Counts()]
    assert precision(counts) == 3 / 4
    assert recall(counts) == 3 / 5
    assert f1(counts) == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert (precision([Counts()]), recall([]), f1([Counts(missed=1)]), share([])) == (0, 0, 0, 0)


def test_ranking_counts_pairs_in_order() -> None:
    assert ranking([(0.9, True), (0.5, False), (0.4, True), (0.4, False)]) == 2.5 / 4
    assert (ranking([]), ranking([(1, True)])) == (0.5, 0.5)


def test_halves_of_the_sets_are_neither_empty_nor_all() -> None:
    for items in (labels.songs(), labels.felt_lines()):
        assert 0.3 < share([one.held_out for one in items]) < 0.7


def test_the_interval_holds_the_share_and_narrows_with_more_items() -> None:
    few, many = [True, True, False, True] * 5, [True, True, False, True] * 100
    for items in (few, many):
        low, high = interval(items, share)
        assert low < 0.75 < high
    assert (
        interval(many, share)[1] - interval(many, share)[0]
        < interval(few, share)[1] - interval(few, share)[0]
    )
    assert interval(few, share) == interval(few, share)


def test_calibration_error_is_the_distance_of_confidence_and_truth() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0)
    assert calibration_error([(0.9, False)] * 4) == pytest.approx(0.9)
    # Two bins that err by .5 each way don't cancel out.
    assert calibration_error([(0.05, True), (0.95, False)]) == pytest.approx(0.95)
    assert calibration_error([(1.0, True)]) == 0
    assert calibration_error([]) == 0
