"""Explicit words through their disguises, and innocent ones that look like them."""

from __future__ import annotations

import pytest

from app.analysis.analyzers.content.analyzer import ContentAnalyzer
from app.analysis.results import ContentDetails
from app.lyrics.text import Lyrics


def details(text: str, language: str) -> ContentDetails:
    found = ContentAnalyzer().analyze(Lyrics.parse(text, language=language)).details
    assert isinstance(found, ContentDetails)
    return found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("this is f*ck this", "en"),
        ("f**k the world", "en"),
        ("what the f u c k man", "en"),
        ("f.u.c.k. this", "en"),
        ("sh1t happens here", "en"),
        ("b!tch please", "en"),
        ("fuuuuck it all now", "en"),
        ("I saw the $h1t", "en"),
        ("fucк you man", "en"),
        ("a$$hole", "en"),
        ("motherf***er talk", "en"),
        ("what a fuck-up", "en"),
        ("иди на хуй", "ru"),
        ("иди нах*й брат", "ru"),
        ("пи3дец какой-то", "ru"),
        ("п**дец всему", "ru"),
        ("ты блядь такая", "ru"),
        ("х у й тебе", "ru"),
        ("бл*ть опять", "ru"),
        ("ты ебaнутый совсем", "ru"),
        ("ЁБАНЫЙ ты", "ru"),
        ("охуенный день", "ru"),
    ],
)
def test_disguised_profanity_is_explicit(text: str, language: str) -> None:
    found = details(text, language)
    assert found.explicit
    assert found.categories[0].name == "profanity"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the Scunthorpe class assassin passed", "en"),
        ("cocktail in Essex with Dickens", "en"),
        ("sea-weed on the shore", "en"),
        ("Dick lies long in the churchyard", "en"),
        ("a niggardly sum, a titanic analysis", "en"),
        ("he snuck a duck", "en"),
        ("потребитель оскорблял ребёнка", "ru"),
        ("он хлебал суп, небо и мебель", "ru"),
        ("застрахуй плохую, не психуй", "ru"),
        ("сидела птица на суку", "ru"),
        ("тебе, себе, ребята, колебать", "ru"),
        ("употреблять рубля корабля", "ru"),
        ("мандарин и мандат", "ru"),
        ("жидкий азот и жидкость", "ru"),
        ("трахея, гребля и педаль", "ru"),
        ("похудеть и худо", "ru"),
    ],
)
def test_innocent_words_are_clean(text: str, language: str) -> None:
    found = details(text, language)
    assert not found.explicit
    assert found.severity == 0


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("cocaine and heroin on the table", "en", "drugs"),
        ("кокаин и героин на столе", "ru", "drugs"),
        ("I wanna kill myself tonight", "en", "self-harm"),
        ("я хочу умереть, я убью себя", "ru", "self-harm"),
        ("murder, kill and shoot with a pistol", "en", "violence"),
        ("убийца достал ствол, и труп упал", "ru", "violence"),
    ],
)
def test_categories_with_their_lines(text: str, language: str, category: str) -> None:
    lyrics = Lyrics.parse("nothing here\n" + text, language=language)
    result = ContentAnalyzer().analyze(lyrics)
    assert category in [label.name for label in result.labels]
    assert [(q.start_line, q.text) for q in result.evidence if q.supports == category] == [(2, text)]


def test_severity_grows_with_use_and_gravity() -> None:
    mild = details("damn " + "word " * 20, "en").severity
    once = details("fuck " + "word " * 20, "en").severity
    often = details("fuck " * 10 + "word " * 20, "en").severity
    assert 0 < mild < once < often < 1


def test_a_clean_text_is_completed_with_zeroes() -> None:
    found = details("a gentle evening by the quiet river", "en")
    assert (found.explicit, found.severity, found.categories) == (False, 0.0, [])
