"""Cutting lyrics into passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lyrics.text import Lyrics
from app.search.passages import FEWEST, MOST, passages


def stanza(name: str, lines: int) -> str:
    """Lines that all differ in their words; digits are no words."""
    return "\n".join(
        f"{name} sings {'la' * (n % 20 + 1)} {'do' * (n // 20 % 20 + 1)} {'mi' * (n // 400 + 1)}"
        for n in range(lines)
    )


def spans(text: str) -> list[tuple[int, int]]:
    return [(span.start_line, span.end_line) for span in passages(Lyrics.parse(text))]


@pytest.mark.parametrize(
    ("stanzas", "expected"),
    [
        ([4, 4], [(1, 4), (6, 9)]),
        ([16], [(1, 8), (9, 16)]),
        ([9], [(1, 4), (5, 9)]),
        ([2, 2, 4], [(1, 5), (7, 10)]),  # couplets are joined
        ([8, 1], [(1, 4), (5, 10)]),  # a last line belongs to what it ends
        ([1], [(1, 1)]),
    ],
)
def test_passages_keep_to_stanzas(stanzas: list[int], expected: list[tuple[int, int]]) -> None:
    text = "\n\n".join(stanza(chr(97 + n), lines) for n, lines in enumerate(stanzas))
    assert spans(text) == expected


def test_a_returning_chorus_is_there_once() -> None:
    chorus, verse = stanza("chorus", 4), stanza("verse", 4)
    assert spans(f"{chorus}\n\n{verse}\n\n{chorus}") == [(1, 4), (6, 9)]


def test_headings_and_blank_lines_are_no_passage() -> None:
    assert spans("[Intro]\n\n[Chorus]") == []
    assert spans(f"[Verse 1]\n{stanza('a', 4)}") == [(2, 5)]


def test_an_epic_has_longer_passages_rather_than_more() -> None:
    assert 15 < len(spans(stanza("epic", 3_000))) < 25


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_every_line_is_in_exactly_one_passage(stanzas: list[int]) -> None:
    text = "\n\n".join(stanza("part" + "x" * n, lines) for n, lines in enumerate(stanzas))
    sung = [line.number for line in Lyrics.parse(text).lines]
    covered = [n for start, end in spans(text) for n in sung if start <= n <= end]
    assert covered == sung
    if sum(stanzas) >= FEWEST and len(sung) <= 160:
        sizes = [sum(start <= n <= end for n in sung) for start, end in spans(text)]
        assert max(sizes) <= MOST + FEWEST
