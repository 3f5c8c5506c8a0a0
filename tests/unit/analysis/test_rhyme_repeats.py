"""Lines that are sung again, and marks that say so, in the scheme of their stanza."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.rhyme.analyzer import RhymeAnalyzer
from app.analysis.analyzers.rhyme.habits import WINDOW
from app.analysis.analyzers.rhyme.stanzas import MAX_LINES
from app.analysis.results import RhymeDetails
from app.lyrics.text import Lyrics

HOOK = "We gonna ride until the morning comes"


def details(lines: list[str], language: str = "en") -> RhymeDetails:
    found = RhymeAnalyzer().analyze(Lyrics.parse("\n".join(lines), language=language)).details
    assert isinstance(found, RhymeDetails)
    return found


@pytest.mark.parametrize("times", [2, 4, 8, MAX_LINES + 5])
def test_one_line_again_and_again_is_one_letter(times: int) -> None:
    assert set(details([HOOK] * times).scheme) == {"a"}
    assert set(details(["Мы едем до утра по городу опять"] * times, "ru").scheme) == {"a"}


def test_a_refrain_keeps_its_letter_among_other_lines() -> None:
    found = details(
        [HOOK, "I never saw the river", HOOK, "Nobody knows a table", HOOK, "Somewhere a dog is barking"]
    )
    assert "".join(found.scheme) == "abacad"


def test_a_refrain_keeps_its_letter_across_the_pieces_of_a_long_stanza() -> None:
    others = [f"somewhere a {word} is barking" for word in ("dog", "cat", "fish")] * (MAX_LINES // 3)
    letters = details([HOOK, *others, HOOK]).scheme
    assert letters[0] == letters[-1]


def test_punctuation_and_case_do_not_make_another_line() -> None:
    found = details(["Hey, ho, let us go", "I saw the table", "Hey ho! Let us go!", "the river is cold"])
    assert found.scheme[0] == found.scheme[2]


def test_marks_of_repetition_leave_the_scheme_alone() -> None:
    plain = ["I love the night", "Everything is bright", "You are my light", "It is all right"]
    marked = [f"{line} (x2)" if n < 2 else line for n, line in enumerate(plain)]
    assert details(marked).scheme == details(plain).scheme
    assert {pair.first_word for pair in details(marked).pairs} == {"night", "bright"}


def test_a_refrain_that_comes_again_is_not_quoted_with_all_between() -> None:
    others = [f"somewhere a {word} is barking" for word in ("dog", "cat", "fish")] * 8
    lyrics = Lyrics.parse("\n".join([HOOK, *others, HOOK]), language="en")
    quotes = RhymeAnalyzer().analyze(lyrics).evidence
    assert quotes
    assert all(quote.end_line - quote.start_line <= WINDOW for quote in quotes)
