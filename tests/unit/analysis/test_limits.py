"""Texts that are no songs cost no more than songs do: in quadratic time, none of this would end."""

from __future__ import annotations

import functools
import gc
import random

import pytest

from app.analysis import pronunciation
from app.analysis.analyzers import local_analyzers
from app.analysis.memo import MEMO
from app.analysis.results import Status
from app.lyrics.text import Lyrics

letters = random.Random(7)
ONE_WORD = "".join(letters.choices("ABCDEFGHIJKLMNOP", k=1_000_000))


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
    lyrics = Lyrics.parse(text, language="en")
    for analyzer in local_analyzers():
        assert analyzer.analyze(lyrics).status in (Status.COMPLETED, Status.DEGRADED)


def test_what_is_remembered_of_words_is_bounded() -> None:
    made = random.Random(8)
    words = ["".join(made.choices(script, k=6)) for script in ("aeiostrnl", "аеиостнрл") for _ in range(500)]
    text = "\n".join(" ".join(words[at : at + 8]) for at in range(0, len(words), 8))
    for language in ("en", "ru"):
        for analyzer in local_analyzers():
            analyzer.analyze(Lyrics.parse(text, language=language))
    memos = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
    grown = [info for memo in memos if (info := memo.cache_info()).currsize >= 500]
    assert len(grown) >= 8  # of sounds, lemmas, syllables, and each lexicon's
    assert all(info.maxsize is not None and info.maxsize <= MEMO for info in grown)


def test_a_word_is_heard_by_its_last_letters() -> None:
    assert pronunciation.of(ONE_WORD.lower() + "night")[0][-1] == "T"
