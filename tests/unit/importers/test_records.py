from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.catalog.new_track import ExternalIdentifier, InvalidTrack
from app.importers.records import to_track

SONG = {"title": "Rain", "artist": "Ada", "lyrics": "it rains\nand rains"}


def song(**values: Any) -> dict[str, Any]:
    return SONG | values


def test_unknown_columns_become_metadata() -> None:
    track = to_track(song(Label="Northside", bpm=92, empty=None, blank="  "))
    assert track.metadata == {"Label": "Northside", "bpm": 92}


def test_a_metadata_object_is_joined_with_unknown_columns() -> None:
    assert to_track(song(metadata={"a": 1}, b=2)).metadata == {"a": 1, "b": 2}
    assert to_track(song(metadata='{"a": 1}')).metadata == {"a": 1}


def test_spelling_of_a_column_does_not_matter() -> None:
    track = to_track({"Title": "Rain", "ARTIST": "Ada", "Lyrics": "x", "Release Date": "1999"})
    assert track.released_on == date(1999, 1, 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1999", date(1999, 1, 1)),
        (1999, date(1999, 1, 1)),
        ("1999-05", date(1999, 5, 1)),
        ("1999-05-17", date(1999, 5, 17)),
        ("", None),
        (None, None),
    ],
)
def test_release_dates(given: Any, expected: date | None) -> None:
    assert to_track(song(release_date=given)).released_on == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a", " b ", "a", ""], ("a", "b")),
        ("a, b", ("a", "b")),
        ("a, b; c", ("a, b", "c")),
        ("", ()),
        (None, ()),
    ],
)
def test_tags(given: Any, expected: tuple[str, ...]) -> None:
    assert to_track(song(tags=given)).tags == expected


@pytest.mark.parametrize(
    ("given", "expected"), [(True, True), ("Yes", True), ("0", False), (0, False), ("", None), (None, None)]
)
def test_explicit(given: Any, expected: bool | None) -> None:
    assert to_track(song(explicit=given)).explicit is expected


def test_popularity_as_spreadsheets_write_it() -> None:
    assert to_track(song(popularity="57.0")).popularity == 57


def test_external_ids_from_columns_and_from_an_object() -> None:
    track = to_track(song(spotify_id="4uLU6h", isrc="GBAYE0601498", external_ids={"genius": 12}, user_id=7))
    assert set(track.external_ids) == {
        ExternalIdentifier("spotify", "4uLU6h"),
        ExternalIdentifier("isrc", "GBAYE0601498"),
        ExternalIdentifier("genius", "12"),
    }
    assert track.metadata == {"user_id": 7}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": None}, "title"),
        ({"title": 22}, "title"),
        ({"artist": ["Ada"]}, "artist"),
        ({"artist": "!!!"}, "artist"),
        ({"lyrics": ""}, "lyrics"),
        ({"lyrics": "nul \0 nul"}, "lyrics"),
        ({"lyrics": "x" * 200_001}, "lyrics"),
        ({"album": 5}, "album"),
        ({"release_date": "last spring"}, "release_date"),
        ({"release_date": "1999-13"}, "release_date"),
        ({"release_date": True}, "release_date"),
        ({"explicit": "perhaps"}, "explicit"),
        ({"popularity": 101}, "popularity"),
        ({"popularity": "much"}, "popularity"),
        ({"popularity": float("inf")}, "popularity"),
        ({"popularity": 1.5}, "popularity"),
        ({"tags": {"a": 1}}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": ["x" * 101]}, "tags"),
        ({"tags": ["a\0b"]}, "tags"),
        ({"metadata": [1]}, "metadata"),
        ({"note": "a\0b"}, "metadata"),
        ({"note": "x" * 70_000}, "metadata"),
        ({"spotify_id": {}}, "spotify_id"),
        ({"isrc": "x" * 201}, "isrc"),
        ({"external_ids": "x"}, "external_ids"),
        ({"external_ids": [{"source": "a"}]}, "external_ids"),
        ({"Title": "Another"}, "title"),
    ],
)
def test_what_is_refused_names_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTrack) as caught:
        to_track(song(**values))
    assert caught.value.field == field
    assert "rains" not in str(caught.value)


def test_deep_metadata_is_refused() -> None:
    deep: Any = 1
    for _ in range(20):
        deep = {"in": deep}
    with pytest.raises(InvalidTrack, match="nested"):
        to_track(song(deep=deep))
