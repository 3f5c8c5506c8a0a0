"""What a line says that is explicit, by words that are not."""

from __future__ import annotations

import re

import pytest

from app.analysis import data
from app.analysis.analyzers.content.analyzer import ContentAnalyzer
from app.analysis.analyzers.content.frames import severities
from app.analysis.results import ContentDetails, Result
from app.lyrics.text import Lyrics

FRAMES = data.toml("frames.toml")
CATEGORIES = [name for name in FRAMES if name not in ("severity", "groups")]


def analyze(text: str, language: str = "en") -> Result:
    return ContentAnalyzer().analyze(Lyrics.parse(text, language=language))


def explicit(text: str, language: str = "en") -> bool:
    details = analyze(text, language).details
    assert isinstance(details, ContentDetails)
    return details.explicit


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("Crack your skull and walk away", "en", "violence"),
        ("Your skull, I'd crack it like a nut", "en", "violence"),
        ("He does his lines straight off the mirror", "en", "drugs"),
        ("All night with a razor on my wrists", "en", "self-harm"),
        ("Проломил ему череп и ушёл", "ru", "violence"),
        ("Ищет вену, а игла дрожит", "ru", "drugs"),
        ("Бритвой по руке ведёт опять", "ru", "self-harm"),
    ],
)
def test_words_of_each_group_in_any_order(text: str, language: str, category: str) -> None:
    result = analyze(text, language)
    assert explicit(text, language)
    assert category in {label.name for label in result.labels}
    assert [(quote.text, quote.supports) for quote in result.evidence] == [(text, category)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Crack a joke about your crooked smile", "en"),  # no word of a group
        ("Crack the egg before the others come to take the long road to your lovely little skull", "en"),
        ("I would never crack your skull", "en"),
        ("I put the razor on my wrists to shave the hair", "en"),  # excused
        ("Crack the nut\nand there's your skull", "en"),  # two lines
        ("Не проломил ему череп", "ru"),
    ],
)
def test_what_fills_no_frame(text: str, language: str) -> None:
    assert not explicit(text, language)


def test_frames_are_of_categories_that_there_are_and_grave_enough_to_count() -> None:
    assert set(CATEGORIES) == set(severities()) <= set(data.toml("content.toml"))
    assert min(severities().values()) >= 0.55


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_frame_has_two_groups_of_its_language(category: str, language: str) -> None:
    groups = FRAMES["groups"][language]
    for frame in FRAMES[category][language]:
        filled, bar, excuses = frame.partition("|")
        assert not bar or excuses.strip(), frame
        parts = [part.split() for part in filled.split("+")]
        assert len(parts) >= 2, frame
        assert all(parts), frame
        for word in [word for part in parts for word in (*part,)] + excuses.split():
            assert word[1:] in groups if word.startswith("@") else word == word.casefold(), frame
            assert "ё" not in word, frame
            other = "[а-я]" if language == "en" else "[a-z]"
            assert word.startswith("@") or not re.search(other, word), frame
