"""The demo catalogue is large, varied and separate enough to show what the service does."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from app.catalog.new_track import NewTrack
from app.cli import demo

CATALOGUE: dict[str, list[NewTrack]] = {tenant: demo.tracks(tenant) for tenant in get_args(demo.Tenant)}
EVERY_TRACK = [pytest.param(t, id=f"{tenant}: {t.title}") for tenant in CATALOGUE for t in CATALOGUE[tenant]]
SECTION_TAG = re.compile(r"\[.+\]")
BOTH_TENANTS = "Marla Quay"


def stanzas_of(track: NewTrack) -> list[list[str]]:
    """The sung lines, tags left out, stanza by stanza."""
    parts = (part.splitlines() for part in track.lyrics.split("\n\n"))
    return [[line for line in part if not SECTION_TAG.fullmatch(line)] for part in parts]


@pytest.mark.parametrize(("tenant", "least"), [("northside", 20), ("aurora", 18)])
def test_each_tenant_has_its_english_songs(tenant: str, least: int) -> None:
    assert Counter(track.language for track in CATALOGUE[tenant])["en"] >= least


def test_there_are_russian_songs_in_both_tenants() -> None:
    russian = {t: sum(track.language == "ru" for track in tracks) for t, tracks in CATALOGUE.items()}
    assert sum(russian.values()) >= 20
    assert all(russian.values())


def test_every_file_is_a_track_of_the_language_that_its_folder_names() -> None:
    for tenant, tracks in CATALOGUE.items():
        for language in demo.LANGUAGES:
            stored = [f for f in (files(demo) / tenant / language).iterdir() if f.name.endswith(".txt")]
            assert len(stored) == sum(track.language == language for track in tracks)


@pytest.mark.parametrize("track", EVERY_TRACK)
def test_a_track_is_complete(track: NewTrack) -> None:
    assert track.released_on is not None
    assert date(1988, 1, 1) <= track.released_on <= date(2025, 12, 31)
    assert track.album
    assert track.explicit is not None
    assert track.popularity is not None
    assert track.tags
    assert all(track.tags)


@pytest.mark.parametrize("track", EVERY_TRACK)
def test_lyrics_have_two_stanzas_and_the_length_of_a_verse(track: NewTrack) -> None:
    stanzas = stanzas_of(track)
    assert len(stanzas) >= 2
    assert all(stanzas), "an empty stanza: two blank lines in a row, or a tag with nothing below it"
    assert 16 <= sum(map(len, stanzas)) <= 28


def test_no_track_is_there_twice_or_in_both_tenants() -> None:
    named = Counter((t.artist_slug, t.title.casefold()) for tracks in CATALOGUE.values() for t in tracks)
    assert [name for name, times in named.items() if times > 1] == []
    sung = Counter(track.lyrics for tracks in CATALOGUE.values() for track in tracks)
    assert set(sung.values()) == {1}


def test_one_artist_alone_is_in_both_tenants() -> None:
    northside, aurora = ({t.artist for t in CATALOGUE[tenant]} for tenant in ("northside", "aurora"))
    assert northside & aurora == {BOTH_TENANTS}
    for tracks in CATALOGUE.values():
        assert sum(t.artist == BOTH_TENANTS for t in tracks) == 3


def test_songs_about_losing_someone_are_in_both_tenants_and_languages() -> None:
    grief = {"en": "grief", "ru": "утрата"}
    for tracks in CATALOGUE.values():
        for language, tag in grief.items():
            assert any(t.language == language and tag in t.tags for t in tracks)


def test_the_order_is_by_release_and_then_by_title() -> None:
    for tracks in CATALOGUE.values():
        for earlier, later in pairwise((t.released_on or date.min, t.title) for t in tracks):
            assert earlier <= later


def test_a_file_of_another_shape_is_named(tmp_path: Path) -> None:
    file = tmp_path / "no-date.txt"
    file.write_text("title: No Date\nartist: Nobody\n\nA line\n")
    with pytest.raises(ValueError, match=r"no-date\.txt.*album"):
        demo._track(file)
