"""Names that a text mentions: their kinds, what is no name, and the lines they stand in."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.themes.analyzer import ThemeAnalyzer
from app.analysis.results import ThemeDetails
from app.lyrics.text import Lyrics

PADDING = "\nand we walk along the old wall all day"


def entities(text: str, language: str = "en") -> set[tuple[str, str]]:
    details = ThemeAnalyzer().analyze(Lyrics.parse(text + PADDING, language=language)).details
    assert isinstance(details, ThemeDetails)
    return {(label.kind, label.name) for label in details.entities}


def test_people_places_and_brands() -> None:
    text = "I drove through Brooklyn with Mary Jane\nAnd I wore Gucci down the street in Brooklyn again"
    assert entities(text) == {("place", "Brooklyn"), ("person", "Mary Jane"), ("brand", "Gucci")}


@pytest.mark.parametrize(
    ("line", "language", "expected"),
    [
        ("we met on Harlow Street at noon", "en", ("place", "Harlow Street")),
        ("we met on Brook Road at noon", "en", ("place", "Brook Road")),
        ("we met in Linden square at noon", "en", ("place", "Linden square")),
        ("we climbed up Mount Tamber at noon", "en", ("place", "Mount Tamber")),
        ("we flew to New York at noon", "en", ("place", "New York")),
        ("we flew to San Diego at noon", "en", ("place", "San Diego")),
        ("we flew to Los Angeles at noon", "en", ("place", "Los Angeles")),
        ("we never saw Lauryn Hill at noon", "en", ("person", "Lauryn Hill")),
        ("we never saw King Offa at noon", "en", ("person", "King Offa")),
        ("we never saw Zorbin Quell at noon", "en", ("name", "Zorbin Quell")),
        ("we read of Egbert's Stone at noon", "en", ("name", "Egbert")),
        ("мы встретились на Тверской улице днём", "ru", ("place", "Тверской улице")),
        ("мы шли через площадь Восстания днём", "ru", ("place", "площадь Восстания")),
        ("мы шли на Невский Проспект днём", "ru", ("place", "Невский Проспект")),
        ("мы давно не видели Катю Орлову днём", "ru", ("person", "Катю Орлову")),
    ],
)
def test_kinds_of_names(line: str, language: str, expected: tuple[str, str]) -> None:
    assert expected in entities(line, language)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("we dance until New Year's Eve is over", "en"),
        ("and we rest On Sundays when the bells ring", "en"),
        ("you are the World's Best for all time", "en"),
        ("and then He said to Me that You Are right", "en"),
        ("so why Do you say Don't when They've gone", "en"),
        ("and yet 'Tis not His to say", "en"),
        ("and I know It’s true and That’s it, Ain’t it", "en"),
        ("и только Ты одна, и о Тебе мечты", "ru"),
        ("и вот пришла к нам Твоя весна", "ru"),
    ],
)
def test_words_that_name_nobody(line: str, language: str) -> None:
    assert entities(line, language) == set()


def test_a_row_of_capitals_is_a_heading() -> None:
    assert entities("so here it is Zorbin Quell Maddox Terrin Vaughan Hollis for the day") == set()


def test_cases_of_a_russian_name_are_one_entity() -> None:
    text = "я шёл к Татьяне по полям\nи видел там Татьяну сам\nа это Татьяна сидит у окна"
    assert entities(text, "ru") == {("person", "Татьяна")}


def test_every_entity_has_its_lines() -> None:
    lyrics = Lyrics.parse("I drove through Brooklyn with Mary Jane" + PADDING, language="en")
    result = ThemeAnalyzer().analyze(lyrics)
    for name in ("Brooklyn", "Mary Jane"):
        assert any(quote.supports == name and name in quote.text for quote in result.evidence)
