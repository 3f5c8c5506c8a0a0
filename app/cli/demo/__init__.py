"""The demo tenants' catalogues: original verses, one text file a track (README.md tells the format)."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

from app.catalog.new_track import NewTrack

Tenant = Literal["northside", "aurora"]
LANGUAGES = ("en", "ru")
EXPLICIT = {"true": True, "false": False}


def tracks(tenant: Tenant) -> list[NewTrack]:
    """The tenant's songs in English and Russian together, by release date and then by title.

    Raises ValueError, with the file's name, for a file that isn't in the format.
    """
    folder = files(__name__) / tenant
    found = [
        _track(file)
        for language in LANGUAGES
        for file in (folder / language).iterdir()
        if file.name.endswith(".txt")
    ]
    return sorted(found, key=lambda track: (track.released_on or date.min, track.title))


def _track(file: Traversable) -> NewTrack:
    header, _, lyrics = file.read_text(encoding="utf-8").partition("\n\n")
    # A title may have a colon of its own: "Seen 2:14".
    fields = dict(line.split(": ", 1) for line in header.splitlines() if ": " in line)
    try:
        return NewTrack(
            title=fields["title"],
            artist=fields["artist"],
            lyrics=lyrics.strip(),
            album=fields["album"],
            language=fields["language"],
            released_on=date.fromisoformat(fields["released"]),
            explicit=EXPLICIT[fields["explicit"]],
            popularity=int(fields["popularity"]),
            tags=tuple(tag.strip() for tag in fields["tags"].split(",")),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{file.name} is not in the demo catalogue's format: {error}") from error
