"""Words of a line in their normal form."""

from __future__ import annotations

import pytest

from app.lyrics import tokens


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Runnin' o'er 'the love-sick' hills", ("runnin'", "o'er", "the", "love", "sick", "hills")),
        ("’Tis the 21st night", ("'tis", "the", "st", "night")),
        ("", ()),
    ],
)
def test_words(line: str, words: tuple[str, ...]) -> None:
    assert tokens.words(line) == words


def test_a_word_of_a_whole_text_is_kept_by_its_end() -> None:
    assert tokens.words("x" * 150_000 + "night and day") == ("x" * 35 + "night", "and", "day")
