"""Themes by words and by meaning, with their lines, and named entities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis.analyzers.themes.analyzer import ThemeAnalyzer
from app.analysis.analyzers.themes.taxonomy import themes
from app.analysis.results import Result
from app.lyrics.text import Lyrics


def analyze(text: str, language: str = "en") -> Result:
    return ThemeAnalyzer().analyze(Lyrics.parse(text, language=language))


def names(result: Result) -> list[str]:
    return [label.name for label in result.labels if label.kind == "theme"]


@pytest.mark.parametrize(
    ("text", "language", "theme"),
    [
        ("Stacks of cash, dollars in the bank, diamonds and gold\nMillion in the wallet", "en", "money"),
        ("Деньги, доллары и рубли, миллион на счету\nБанк и золото, богатый бизнес", "ru", "money"),
        (
            "We buried you by the grave, the funeral bell, the coffin\nDeath took you and we mourn",
            "en",
            "loss",
        ),
        ("Могила, смерть и похороны друга\nОн умер, скорбь и траур", "ru", "loss"),
        ("My mother and my father, sister and son\nGrandma and the children at home", "en", "family"),
        ("Мама и отец, сестра и бабушка\nДети, родители, вся семья", "ru", "family"),
        ("I spit these rhymes, my flow on the mic\nEvery verse, a lyric, a beat, a song", "en", "craft"),
        ("Мой рэп, мои рифмы и куплет\nМикрофон, строка, стихи и бит", "ru", "craft"),
    ],
)
def test_the_first_theme(text: str, language: str, theme: str) -> None:
    result = analyze(text, language)
    assert names(result)[0] == theme
    assert any(quote.supports == theme for quote in result.evidence)


def test_confidence_grows_with_different_words_more_than_with_repeats() -> None:
    once = analyze("The money is here and we walk along the old wall all day")
    repeated = analyze("The money money money money and we walk along the old wall all day")
    several = analyze("The money cash dollars gold and we walk along the old wall all day")
    confidences = [
        {label.name: label.confidence for label in r.labels}.get("money", 0)
        for r in (once, repeated, several)
    ]
    assert confidences[0] < confidences[1] < confidences[2] < 1


def test_what_every_song_mentions_says_less_than_what_few_do() -> None:
    # Two strong words each.
    text = "We counted all the cash and every dollar by the river in the forest, and then we sat there"
    confidences = {label.name: label.confidence for label in analyze(text).labels if label.kind == "theme"}
    assert confidences["money"] > confidences.get("nature", 0)


def test_meaning_finds_a_theme_that_no_word_names() -> None:
    order = [theme.name for theme in themes()]

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.full((len(texts), len(order)), 0.1, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            about = [n for n, theme in enumerate(themes()) if text in theme.about.values()]
            row[about[0] if about else order.index("migration")] = 3
        return rows

    text = "The table has four legs and the box has numbers on its side"
    lyrics = Lyrics.parse(text, language="en")
    assert "migration" not in names(ThemeAnalyzer().analyze(lyrics))
    assert names(ThemeAnalyzer(embed).analyze(lyrics)) == ["migration"]


def test_every_theme_has_words_and_a_sentence_in_both_languages() -> None:
    assert len(themes()) >= 25
    assert all(set(theme.about) == {"en", "ru"} and theme.title for theme in themes())
