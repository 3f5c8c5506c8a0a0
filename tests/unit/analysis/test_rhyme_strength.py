"""How strong a pair is, what counts as perfect, and that no accepted pair is worth nothing."""

from __future__ import annotations

import gzip
import itertools
import json

import pytest

from app.analysis import pronunciation
from app.analysis.analyzers.rhyme import english, russian
from app.analysis.analyzers.rhyme.analyzer import RhymeAnalyzer
from app.analysis.results import RhymeDetails
from app.lyrics.text import Lyrics
from bench.quality import gold

SONGS = gold.DEFAULT.with_name("songs.jsonl.gz")


def details(text: str, language: str = "en") -> RhymeDetails:
    found = RhymeAnalyzer().analyze(Lyrics.parse(text, language=language)).details
    assert isinstance(found, RhymeDetails)
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("admire", "desire"),
        ("power", "dower"),
        ("fires", "desires"),
        ("furled", "world"),
        ("goin'", "flowin'"),
        ("goin'", "showing"),
        ("shawty", "naughty"),
        ("drest", "breast"),
        ("opprest", "rest"),
        ("loth", "both"),
        ("dight", "sight"),
        ("o'ercast", "last"),
        ("o'erturn'd", "concern'd"),
        ("assay", "away"),
    ],
)
def test_perfect_rhymes_beyond_the_dictionary(first: str, second: str) -> None:
    found = english.likeness(first, second)
    assert (found.strength, found.perfect) == (1, True)


@pytest.mark.parametrize(
    ("first", "second", "least"),
    [
        ("poor", "door", 0.8),
        ("beneath", "death", 0.6),
        ("moor", "more", 0.8),
        ("grave", "have", 0.6),
        ("are", "care", 0.5),
        ("were", "there", 0.6),
        ("spent", "monument", 0.5),
        ("memory", "eternity", 0.4),
        ("die", "eternity", 0.4),
    ],
)
def test_slant_rhymes_have_a_strength_between(first: str, second: str, least: float) -> None:
    found = english.likeness(first, second)
    assert least <= found.strength < 1
    assert found.strength > english.likeness(first, "table").strength


def test_strength_falls_with_distance() -> None:
    strengths = [
        english.likeness("home", word).strength for word in ("foam", "alone", "hope", "comb", "table", "sky")
    ]
    assert strengths[0] == strengths[3] == 1
    assert strengths[0] > strengths[1] > strengths[2] > strengths[4] >= strengths[5]


def test_two_open_ends_are_no_likeness_by_themselves() -> None:
    assert english.likeness("be", "go").strength < 0.2


@pytest.mark.parametrize(
    ("word", "sounds"), [("furled", "F ER1 L D"), ("kissed", "K IH1 S T"), ("lookt", "L UH1 K T")]
)
def test_ed_is_no_colour_and_no_metal(word: str, sounds: str) -> None:
    assert " ".join(pronunciation.of(word)[0]) == sounds


def test_a_repeat_and_a_homophone_are_neither_perfect_nor_slant() -> None:
    for first, second in (("night", "night"), ("night", "knight")):
        found = details(f"I walk alone into the {first}\nAnd here I see the {second}")
        assert [pair.strength for pair in found.pairs] == [1]
        assert (found.perfect_rhymes, found.slant_rhymes, found.multisyllabic_rhymes) == (0, 0, 0)
        assert found.density == 1
    assert russian.likeness("ночь", "ночь").identical


def test_every_pair_is_perfect_slant_or_identical() -> None:
    text = "I see the light\nIt is the night\nI see the light\nand all the time\nis never mine"
    found = details(text)
    strong = sum(pair.strength == 1 and pair.first_word != pair.second_word for pair in found.pairs)
    assert found.perfect_rhymes == strong
    assert found.slant_rhymes == sum(pair.strength < 1 for pair in found.pairs)


@pytest.mark.skipif(not SONGS.exists(), reason="the shared songs are not here")
def test_no_accepted_pair_is_worth_nothing() -> None:
    with gzip.open(SONGS, "rt", encoding="utf-8") as rows:
        songs = [json.loads(row) for row in itertools.islice(rows, 0, None, 25)]
    for song in songs:
        for pair in details(song["lyrics"], song["language"]).pairs:
            assert 0 < pair.strength <= 1, (pair.first_word, pair.second_word)
