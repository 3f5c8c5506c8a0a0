"""Themes by words and by meaning, with their lines, and named entities."""

from __future__ import annotations

import pytest

from app.analysis import evidence
from app.analysis.analyzers.themes.analyzer import ThemeAnalyzer
from app.analysis.analyzers.themes.meaning import OtherSpace
from app.analysis.analyzers.themes.taxonomy import fit, themes
from app.analysis.results import Result
from app.lyrics.text import Lyrics
from app.search.embeddings import FastEmbedder
from tests.builders import UNNAMED


def analyze(text: str, language: str = "en") -> Result:
    return ThemeAnalyzer().analyze(Lyrics.parse(text, language=language))


def names(result: Result) -> list[str]:
    return [label.name for label in result.labels if label.kind == "theme"]


def confidence(result: Result, theme: str) -> float:
    return next((label.confidence for label in result.labels if label.name == theme), 0.0)


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


RUSSIAN = """На проходе рылись в вещах и ставили печать
Я встал до рассвета и взял одно пальто
Шлю своим что могу и звоню по воскресеньям
Все слышат, как говорю, и спрашивают, откуда я"""


@pytest.mark.parametrize(("text", "language"), [(UNNAMED, "en"), (RUSSIAN, "ru")])
def test_meaning_finds_a_theme_that_no_word_names(text: str, language: str) -> None:
    lyrics = Lyrics.parse(text, language=language)
    assert "migration" not in names(ThemeAnalyzer().analyze(lyrics))
    result = ThemeAnalyzer(FastEmbedder()).analyze(lyrics)
    assert "migration" in names(result)
    quoted = [quote for quote in result.evidence if quote.supports == "migration"]
    assert 1 <= len(quoted) <= 2
    assert all(evidence.holds(lyrics, quote) for quote in quoted)


def test_meaning_lowers_what_words_say_by_the_way() -> None:
    # Roses and a river, in a text about debts.
    text = """Roses on the wallpaper, the letter on the mat
The bank wants its loan back and the interest on that
The account is overdrawn again, a river of red ink
I count what the wages leave me by the kitchen sink"""
    lyrics = Lyrics.parse(text, language="en")
    alone, both = ThemeAnalyzer().analyze(lyrics), ThemeAnalyzer(FastEmbedder()).analyze(lyrics)
    assert confidence(both, "money") - confidence(both, "nature") > (
        confidence(alone, "money") - confidence(alone, "nature")
    )


def test_the_model_is_not_loaded_to_describe_the_analyzer_and_another_model_is_refused() -> None:
    other = ThemeAnalyzer(FastEmbedder(space="another"))
    assert other.name == "themes"
    with pytest.raises(OtherSpace, match=r"bench\.quality\.theme_fit"):
        other.analyze(Lyrics.parse(UNNAMED, language="en"))


def test_what_was_fitted_covers_every_theme_and_language() -> None:
    assert set(fit().usual) == {theme.name for theme in themes()}
    for usual in fit().usual.values():
        assert set(usual) == {"en", "ru"}
        assert all(-1 < mean < 1 and 0 < deviation < 1 for mean, deviation in usual.values())


def test_every_theme_has_words_and_a_sentence_in_both_languages() -> None:
    assert len(themes()) >= 25
    assert all(set(theme.about) == set(theme.shown) == {"en", "ru"} and theme.title for theme in themes())
    assert all(len(lines) == 5 for theme in themes() for lines in theme.shown.values())
