"""Richness, readability, rarity and repetition."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.vocabulary import VocabularyAnalyzer, is_rare, mtld, readability, repetition
from app.analysis.results import Status, VocabularyDetails
from app.lyrics.text import Lyrics


def test_mtld_by_hand() -> None:
    # a b a b …: the ratio falls to .67 at each third word, so 30 words hold ten factors both ways.
    assert mtld(["a", "b"] * 15) == pytest.approx(3)
    assert mtld([str(n) for n in range(50)]) == 50
    assert mtld([]) == 0


def test_mtld_counts_a_partial_factor() -> None:
    # a b c a: the ratio ends at .75, so (1 - .75) / (1 - .72) = .893 of a factor: 4 / .893 = 4.48.
    assert mtld(["a", "b", "c", "a"]) == pytest.approx(4.48)


def test_counts_and_shares() -> None:
    text = "\n".join(["the cat sat on the mat"] * 4)
    found = VocabularyAnalyzer().analyze(Lyrics.parse(text, language="en")).details
    assert isinstance(found, VocabularyDetails)
    assert (found.words, found.unique_words) == (24, 5)
    assert found.type_token_ratio == pytest.approx(5 / 24, abs=1e-4)
    assert found.repetition == 0.75
    assert found.rare_word_share == 0


def test_longer_words_read_harder_in_both_languages() -> None:
    easy = Lyrics.parse("the cat sat on the mat\nthe dog ran to the man", language="en")
    hard = Lyrics.parse(
        "institutional investigations demonstrate\nextraordinary administration", language="en"
    )
    assert readability(easy) < 3 < readability(hard)
    easy = Lyrics.parse("кот спал и ел\nдом был наш и мой", language="ru")
    hard = Lyrics.parse("исследовательские обстоятельства\nгосударственное законодательство", language="ru")
    assert readability(easy) < 3 < readability(hard)


@pytest.mark.parametrize(
    ("word", "language", "rare"),
    [
        ("street", "en", False),
        ("runnin'", "en", False),
        ("don't", "en", False),
        ("quiddity", "en", True),
        ("любовь", "ru", False),
        ("ещё", "ru", False),
        ("благорастворение", "ru", True),
    ],
)
def test_rare_words(word: str, language: str, rare: bool) -> None:
    assert is_rare(word, language) is rare


def test_repetition_ignores_punctuation() -> None:
    assert repetition(Lyrics.parse("Hey ho!\nhey, ho\nlet us go")) == pytest.approx(1 / 3)


def test_short_texts_are_degraded() -> None:
    result = VocabularyAnalyzer().analyze(Lyrics.parse("only a few words here", language="en"))
    assert result.status is Status.DEGRADED
    assert "20" in (result.error or "")


def test_a_paste_without_lines_has_its_sentences_told_by_punctuation() -> None:
    words = "the cat sat on the mat and the dog ran to the man"
    lines = Lyrics.parse("\n".join([words] * 40), language="en")
    paste = Lyrics.parse(". ".join([words] * 40), language="en")
    assert readability(paste) == readability(lines)


def test_a_paste_without_any_marks_reads_like_lines_of_the_usual_length() -> None:
    paste = Lyrics.parse("the cat sat on the mat again " * 6_000, language="en")
    lines = Lyrics.parse("the cat sat on the mat again\n" * 100, language="en")
    assert readability(paste) == pytest.approx(readability(lines))
    assert readability(Lyrics.parse("государственное законодательство " * 6_000, language="ru")) < 60
