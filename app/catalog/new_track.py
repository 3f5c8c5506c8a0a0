"""A track as a source brings it, checked before anything is stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from math import isfinite
from typing import Any

MAX_NAME = 500  # characters of a title, an artist or an album
MAX_LYRICS = 200_000  # characters; the longest song in our data has 21,359 words
MAX_TAGS = 100
MAX_TAG = 100  # characters of a tag, and of the name of another system
MAX_LANGUAGE = 35  # characters of a BCP 47 tag (RFC 5646, section 4.4.1)
MAX_URL = 2_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class InvalidTrack(ValueError):
    """A track that can't be stored: `field` says where, the message what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class ExternalIdentifier:
    """What another system calls the track: `source` such as "spotify" or "isrc"."""

    source: str
    value: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class NewTrack:
    """Raises InvalidTrack when made from unusable values; `language` is BCP 47 or null to detect it."""

    title: str
    artist: str
    lyrics: str
    album: str | None = None
    language: str | None = None
    released_on: date | None = None
    explicit: bool | None = None
    popularity: int | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    external_ids: tuple[ExternalIdentifier, ...] = ()

    def __post_init__(self) -> None:
        for name in ("title", "artist"):
            if not getattr(self, name).strip():
                raise InvalidTrack(name, f"A track needs {'a title' if name == 'title' else 'an artist'}.")
        if not slug_of(self.artist):
            raise InvalidTrack("artist", "The artist's name needs at least one letter or digit.")
        if not self.lyrics.strip():
            raise InvalidTrack("lyrics", "The lyrics are empty: there is nothing to analyse.")
        for name in ("title", "artist", "album"):
            if len(getattr(self, name) or "") > MAX_NAME:
                raise InvalidTrack(name, f"The {name} is longer than {MAX_NAME} characters.")
        if len(self.lyrics) > MAX_LYRICS:
            raise InvalidTrack("lyrics", f"The lyrics are longer than {MAX_LYRICS:,} characters.")
        for name in ("title", "artist", "album"):
            if CONTROL.search(getattr(self, name) or ""):
                raise InvalidTrack(name, f"The {name} has control characters: remove them.")
        # Others stay in the lyrics as they came: the analyzers read past them. Postgres stores no NUL.
        if "\0" in self.lyrics:
            raise InvalidTrack("lyrics", "There is a NUL character in the lyrics: remove it.")
        if self.popularity is not None and not 0 <= self.popularity <= 100:
            raise InvalidTrack("popularity", "The popularity has to be from 0 to 100.")
        if len(self.tags) > MAX_TAGS:
            raise InvalidTrack("tags", f"There are more than {MAX_TAGS} tags.")
        for tag in self.tags:
            check_text("tags", "A tag", tag, MAX_TAG)
        if self.language is not None:
            check_text("language", "The language", self.language, MAX_LANGUAGE)
        for other in self.external_ids:
            check_text("externalIds", "The source of an external id", other.source, MAX_TAG)
            check_text("externalIds", "An external id", other.value, MAX_NAME)
            check_text("externalIds", "The URL of an external id", other.url or "", MAX_URL)
        check_json("metadata", self.metadata)

    @property
    def artist_slug(self) -> str:
        return slug_of(self.artist)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of artist, title and lyrics without regard to case and spacing.

        Two additions with one fingerprint are one track, which is what makes an import repeatable.
        """
        parts = (normal(part) for part in (self.artist, self.title, self.lyrics))
        return sha256("\0".join(parts).encode()).digest()


def check_text(field: str, what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidTrack(field, f"{what} is longer than {longest:,} characters.")
    if CONTROL.search(text):
        raise InvalidTrack(field, f"{what} has control characters: remove them.")


def check_json(field: str, value: Any) -> None:
    """Postgres stores neither NUL characters nor numbers without an end."""
    match value:
        case str() if "\0" in value:
            raise InvalidTrack(field, "There is a NUL character in the metadata: remove it.")
        case float() if not isfinite(value):
            raise InvalidTrack(field, "There is a number in the metadata that is too large for JSON.")
        case Mapping():
            for key, item in value.items():
                check_json(field, key)
                check_json(field, item)
        case list() | tuple():
            for item in value:
                check_json(field, item)


def normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def slug_of(name: str) -> str:
    """Letters and digits of any script in lower case, joined by hyphens: "Мария Д." gives "мария-д"."""
    return re.sub(r"[\W_]+", "-", normal(name)).strip("-")
