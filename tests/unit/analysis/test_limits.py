"""Texts that are no songs cost no more than songs do."""

from __future__ import annotations

import random
import time

import pytest

from app.analysis import pronunciation
from app.analysis.analyzers import local_analyzers
from app.lyrics.text import Lyrics

letters = random.Random(7)
ONE_WORD = "".join(letters.choices("ABCDEFGHIJKLMNOP", k=150_000))


@pytest.mark.parametrize(
    "text",
    [
        ONE_WORD,
        "I love the night and you\n" + ONE_WORD + "\nthis is the end of all my time",
        " ".join(["Night And Day In Town"] * 8_000),
    ],
    ids=["one word", "a word among lines", "capitals without lines"],
)
def test_a_text_of_one_word_or_one_line_is_judged_at_once(text: str) -> None:
    analyzers = local_analyzers()
    for analyzer in analyzers:
        analyzer.analyze(Lyrics.parse("I love the night\nand all is right", language="en"))
    started = time.process_time()
    lyrics = Lyrics.parse(text, language="en")
    for analyzer in analyzers:
        analyzer.analyze(lyrics)
    assert time.process_time() - started < 1.5


def test_a_word_is_heard_by_its_last_letters() -> None:
    pronunciation.of("warm")
    started = time.process_time()
    assert pronunciation.of(ONE_WORD.lower() + "night")[0][-1] == "T"
    assert time.process_time() - started < 0.5
