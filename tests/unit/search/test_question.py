"""Taking a query apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import cursors
from app.search.cursors import Position
from app.search.errors import EmptyQuery, InvalidCursor
from app.search.lexicon import known
from app.search.names import fold, slips
from app.search.query_vectors import topic
from app.search.question import Question, weight


def test_quotes_of_any_kind_make_phrases_and_are_no_part_of_the_text() -> None:
    question = Question.parse('find "the long road" and «белый снег» or “so far”')
    assert question.phrases == ("the long road", "белый снег", "so far")
    assert question.text == "find the long road and белый снег or so far"


def test_an_open_quote_is_just_a_character() -> None:
    assert Question.parse('5" of snow').phrases == ()


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("songs about losing someone", "losing someone"),
        ("Show me some songs about the sea", "the sea"),
        ("песни о потере", "потере"),
        ("Стихи про снег", "снег"),
        ("a song for my father", "a song for my father"),
        ("песня", "песня"),
        ("songs about ", "songs about "),
    ],
)
def test_the_topic_leaves_the_request_out(query: str, about: str) -> None:
    assert topic(query) == about


def test_rare_words_tell_more_and_none_tells_nothing() -> None:
    assert 1 == weight("the") < weight("love") < weight("sailor") < weight("xqzzyt") == 6
    assert weight("и") < weight("любовь") < weight("моряк")


@pytest.mark.parametrize(
    ("name", "folded"), [("Пушкин", "pushkin"), ("СЕРЁГА", "seryoga"), ("Щука и ёж", "shchuka i yozh")]
)
def test_cyrillic_names_fold_as_they_are_usually_spelt(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize(
    ("word", "exists"),
    [
        ("overdraft", True), ("overdarft", False), ("увядание", True), ("увяданеи", False),
        ("don’t", True), ("sehnsucht", True), ("seryoga", True), ("xyzzyqwv", False),
        ("1969", True), ("愛", True),
    ],
)  # fmt: skip
def test_words_that_exist_are_known(word: str, exists: bool) -> None:
    assert known(word) is exists


def like(text: str, pattern: str) -> bool:
    return re.fullmatch(".".join(map(re.escape, pattern.split("_"))), text) is not None


@pytest.mark.parametrize("typed", ["overdarft", "overdaft", "overdraaft", "overdrxft", "verdraft"])
def test_a_slip_is_one_letter_wrong_missing_extra_or_swapped(typed: str) -> None:
    assert any(like("overdraft", pattern) for pattern in slips(typed))
    assert not any(like("overgrown", pattern) for pattern in slips(typed))


def test_slips_take_what_is_typed_literally() -> None:
    assert "100\\%_" in slips("100%x")
    assert r"a\_b_" in slips("a_bc")


@given(st.text(max_size=200))
def test_any_text_is_a_question_or_empty(query: str) -> None:
    try:
        question = Question.parse(query)
    except EmptyQuery:
        return
    assert len(question.words) == len(question.weights) == len(question.known) > 0
    assert "\x00" not in question.text


@given(st.builds(Position, st.floats(0, 1), st.uuids(), st.integers(0, 2**32 - 1)))
def test_a_cursor_gives_back_its_position(position: Position) -> None:
    assert cursors.decode(cursors.encode(position)) == position


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_cursors(text: str) -> None:
    try:
        position = cursors.decode(text)
    except InvalidCursor:
        return
    assert position.score == position.score  # not NaN
