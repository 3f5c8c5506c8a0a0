"""Cleaning, lines, stanzas, sections and language of stored lyrics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lyrics.text import Lyrics

LONG = 1_000_000  # characters


def sung(text: str, title: str | None = None) -> list[str]:
    return [line.text for line in Lyrics.parse(text, title).lines]


def test_numbers_count_stored_lines_with_blank_ones() -> None:
    lyrics = Lyrics.parse("[Verse 1]\nFirst line here\n\n\nSecond line here\n")
    assert [line.number for line in lyrics.lines] == [2, 5]
    assert [len(stanza) for stanza in lyrics.stanzas] == [1, 1]
    assert lyrics.quote(2, 2) == "First line here"


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        (
            "12 ContributorsNight Drive LyricsCity lights below\nwe roll slow",
            "Night Drive",
            "City lights below",
        ),
        ("3 Contributors\nNight Drive Lyrics\nCity lights below", "Night Drive", "City lights below"),
        ("1 ContributorNight Drive Lyrics[Intro]\nCity lights below", None, "City lights below"),
        ("3 Contributors\nNight Drive Lyrics\nCity lights below", None, "City lights below"),
        ("Night Drive Lyrics\nCity lights below", "Night Drive", "City lights below"),
        ("NIGHT DRIVE (Remix) Lyrics:\nCity lights below", "Night Drive feat. Somebody", "City lights below"),
        ("Night Drive Lyrics\nCity lights below", None, "Night Drive Lyrics"),
        ("These Are My Lyrics\nCity lights below", "Night Drive", "These Are My Lyrics"),
        ("City lights below", "Lights", "City lights below"),
    ],
)
def test_site_headers_go(text: str, title: str | None, expected: str) -> None:
    assert sung(text, title)[0] == expected


@pytest.mark.parametrize("tail", ["Embed", "24Embed", "1.2KEmbed"])
def test_embed_tail_goes_glued_or_not(tail: str) -> None:
    assert sung(f"we roll slow\nuntil the dawn{tail}")[-1] == "until the dawn"
    assert sung(f"we roll slow\nuntil the dawn\n{tail}")[-1] == "until the dawn"


def test_embed_as_a_word_stays() -> None:
    assert sung("these are the dreams I embed") == ["these are the dreams I embed"]


def test_sections_by_tags_in_both_languages() -> None:
    lyrics = Lyrics.parse(
        "[Куплет 1: Кто-то]\nраз два три\n\nПрипев:\nчетыре пять\nшесть\n[Bridge] семь восемь"
    )
    assert [(s.kind, s.start_line, s.end_line) for s in lyrics.sections] == [
        ("verse", 2, 2),
        ("chorus", 5, 6),
        ("bridge", 7, 7),
    ]


def test_a_repeated_stanza_is_the_chorus_when_nothing_is_tagged() -> None:
    lyrics = Lyrics.parse(
        "one two\nthree four\n\nhey ho\nlet us go\n\nfive six\nseven\n\nHey, ho!\nLet us go"
    )
    assert [section.kind for section in lyrics.sections] == ["verse", "chorus", "verse", "chorus"]


def test_notes_rulers_and_stanza_numbers_are_not_sung() -> None:
    assert sung("IV\n\nwe roll slow [x2]\n* * *\n🔥🔥\nuntil the dawn") == ["we roll slow", "until the dawn"]


@pytest.mark.parametrize(
    "mark",
    [
        "(x2)",
        "x2",
        "2x",
        "(2x)",
        "(х2)",
        "х3",
        "×2",
        "[X2]",
        "(x 4)",
        "(2 раза)",
        "{2 times}",
        "x2)",
        "(X2).",
    ],
)
def test_marks_of_repetition_are_not_sung(mark: str) -> None:
    lyrics = Lyrics.parse(f"we roll slow {mark}\n{mark}\nuntil the dawn")
    assert [line.words for line in lyrics.lines] == [("we", "roll", "slow"), ("until", "the", "dawn")]
    assert [line.number for line in lyrics.lines] == [1, 3]
    assert len(lyrics.stanzas) == 1


def test_a_mark_in_brackets_may_come_first() -> None:
    assert sung("(x2) we roll slow") == ["we roll slow"]


@pytest.mark.parametrize(
    "line", ["I drive a 4x4", "they call me Malcolm X", "double xx", "x marks the spot", "2x4 in hand"]
)
def test_an_x_that_is_sung_stays(line: str) -> None:
    assert sung(line) == [line]


def test_a_repeated_section_is_still_a_section() -> None:
    lyrics = Lyrics.parse("Chorus (x2)\nhey ho\nlet us go\n\nПрипев х2:\nраз два")
    assert [(s.kind, s.start_line) for s in lyrics.sections] == [("chorus", 2), ("chorus", 6)]


@pytest.mark.parametrize(
    "line", ["[" + " " * LONG, "chorus" + " " * LONG + "x:", "(x" * (LONG // 2), " " * LONG + "a"]
)
def test_tags_are_looked_for_in_linear_time(line: str) -> None:
    assert len(Lyrics.parse(line).lines) <= 1  # in quadratic time this would not end today


def test_a_long_line_in_brackets_is_sung() -> None:
    line = "And a minor poet certified by nobody at all"
    assert sung(f"something before\n[{line}]")[1] == line


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("саsh rules еverything", "cash rules everything"),
        ("Лyна и cолнце", "Луна и солнце"),
        ("fucк", "fuck"),
    ],
)
def test_homoglyphs_go_back(disguised: str, plain: str) -> None:
    assert sung(disguised) == [plain]


def test_real_words_of_both_scripts_stay() -> None:
    assert sung("мой flow как hip hop, а у вас hype") == ["мой flow как hip hop, а у вас hype"]


def test_controls_go_and_quotes_stay_exact() -> None:
    text = "a\x00b \u200bzero\u202e width\r\nsecond\x07 line\rthird"
    lyrics = Lyrics.parse(text)
    assert [line.text for line in lyrics.lines] == ["ab zero width", "second line", "third"]
    assert lyrics.quote(1, 1) == "a\x00b \u200bzero\u202e width"
    assert lyrics.quote(1, 3) == "a\x00b \u200bzero\u202e width\nsecond\x07 line\nthird"


@pytest.mark.parametrize(("start", "end"), [(0, 1), (2, 1), (1, 3), (-1, 1)])
def test_quote_refuses_lines_that_are_not_there(start: int, end: int) -> None:
    with pytest.raises(IndexError):
        Lyrics.parse("one\ntwo").quote(start, end)


@given(st.text(max_size=400))
def test_any_text_parses_and_its_lines_exist(text: str) -> None:
    lyrics = Lyrics.parse(text)
    numbers = [line.number for line in lyrics.lines]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= len(lyrics.original_lines) for number in numbers)
    assert all("\x00" not in line.text for line in lyrics.lines)
