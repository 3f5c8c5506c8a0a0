"""From the names and values of a source to a NewTrack: the columns that we know, and the rest as metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

import orjson

from app.catalog.new_track import CONTROL, ExternalIdentifier, InvalidTrack, NewTrack

T = TypeVar("T")
REQUIRED = ("title", "artist", "lyrics")
OPTIONAL = ("album", "language", "release_date", "explicit", "popularity", "tags", "metadata", "external_ids")
KNOWN = frozenset(REQUIRED + OPTIONAL)
# Identifiers of other systems; a column such as `user_id` is theirs alone and goes to the metadata.
SERVICES = frozenset(
    {"spotify", "genius", "musicbrainz", "apple_music", "youtube", "deezer"}
    | {"tidal", "discogs", "lastfm", "soundcloud", "yandex_music"}
)
CODES = frozenset({"isrc", "iswc"})
MAX_TAG = 100
MAX_IDENTIFIER = 200
MAX_METADATA_BYTES = 64 << 10
MAX_METADATA_DEPTH = 16
DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
TRUE = frozenset({"true", "yes", "y", "t", "1"})
FALSE = frozenset({"false", "no", "n", "f", "0"})


def to_track(values: Mapping[str, Any]) -> NewTrack:
    """Raises InvalidTrack, whose `field` is the column and whose message quotes no lyrics.

    A release date of a year or a month means its first day. Empty optional values count as absent.
    """
    known: dict[str, Any] = {}
    other: dict[str, Any] = {}
    external: list[ExternalIdentifier] = []
    for name, value in values.items():
        key = canonical(name)
        if value is None or (isinstance(value, str) and not value.strip() and key not in REQUIRED):
            continue
        if key in KNOWN:
            if key in known:
                raise InvalidTrack(key, f"There are two values named {key}.")
            known[key] = value
        elif (source := external_source(key)) is not None:
            external.append(identifier(key, source, value))
        else:
            other[name] = value
    return NewTrack(
        title=text("title", known.get("title", "")),
        artist=text("artist", known.get("artist", "")),
        lyrics=text("lyrics", known.get("lyrics", "")),
        album=optional_text("album", known.get("album")),
        language=optional_text("language", known.get("language")),
        released_on=release_date(known.get("release_date")),
        explicit=truth("explicit", known.get("explicit")),
        popularity=whole_number("popularity", known.get("popularity")),
        tags=tags(known.get("tags")),
        metadata=metadata(known.get("metadata"), other),
        external_ids=tuple(unique([*external, *external_ids(known.get("external_ids"))])),
    )


def canonical(name: str) -> str:
    """ "Release Date" and "release-date" are the column release_date."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def external_source(column: str) -> str | None:
    if column in CODES:
        return column
    source = column.removesuffix("_id")
    return source if source != column and source in SERVICES else None


def text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidTrack(name, f"The {name} has to be text, and it is {kind_of(value)}.")
    return value


def optional_text(name: str, value: Any) -> str | None:
    return None if value is None else text(name, value).strip()


def release_date(value: Any) -> date | None:
    if value is None:
        return None
    match = DATE.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    try:
        if match is None or isinstance(value, bool):
            raise ValueError
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        raise InvalidTrack(
            "release_date", "The release_date has to be a year, 1994-04 or 1994-04-19."
        ) from None


def truth(name: str, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word not in TRUE | FALSE:
        raise InvalidTrack(name, f"{name} has to be true or false.")
    return word in TRUE


def whole_number(name: str, value: Any) -> int | None:
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        number = float(value)  # spreadsheets write 57 as 57.0
        if number != int(number):
            raise ValueError
        return int(number)
    except (ValueError, OverflowError):
        raise InvalidTrack(name, f"The {name} has to be a whole number.") from None


def tags(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    parts = value
    if isinstance(value, str):
        parts = value.split(";" if ";" in value else ",")
    if not isinstance(parts, list):
        raise InvalidTrack("tags", f"The tags have to be a list or text, and they are {kind_of(value)}.")
    found = [text("tags", part).strip() for part in parts]
    for tag in found:
        if len(tag) > MAX_TAG:
            raise InvalidTrack("tags", f"A tag is longer than {MAX_TAG} characters.")
        if CONTROL.search(tag):
            raise InvalidTrack("tags", "A tag has control characters: remove them.")
    return tuple(unique(tag for tag in found if tag))


def external_ids(value: Any) -> list[ExternalIdentifier]:
    """`{"spotify": "…"}`, or a list of objects with source, value and perhaps url."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [identifier("external_ids", source, part) for source, part in value.items()]
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return [
            identifier("external_ids", part.get("source"), part.get("value"), part.get("url"))
            for part in value
        ]
    raise InvalidTrack("external_ids", 'The external_ids have to be an object such as {"spotify": "…"}.')


def identifier(column: str, source: Any, value: Any, url: Any = None) -> ExternalIdentifier:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    parts = (source, value) if url is None else (source, value, url)
    for part in parts:
        if not isinstance(part, str) or not part.strip() or len(part) > 2000 or CONTROL.search(part):
            raise InvalidTrack(column, "An external id has to be text or a number.")
    if len(source) > MAX_IDENTIFIER or len(value) > MAX_IDENTIFIER:
        raise InvalidTrack(column, f"An external id is longer than {MAX_IDENTIFIER} characters.")
    return ExternalIdentifier(source.strip().lower(), value.strip(), url)


def metadata(given: Any, other: dict[str, Any]) -> dict[str, Any]:
    """The source's own `metadata` object, or its JSON text, with every unknown column beside it."""
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            given = {"metadata": given}
    if given is not None and not isinstance(given, dict):
        raise InvalidTrack("metadata", f"The metadata has to be an object, and it is {kind_of(given)}.")
    whole = (given or {}) | other
    if not whole:
        return {}
    if depth(whole) > MAX_METADATA_DEPTH:
        raise InvalidTrack("metadata", f"The metadata is nested deeper than {MAX_METADATA_DEPTH} levels.")
    encoded = orjson.dumps(whole)
    if len(encoded) > MAX_METADATA_BYTES:
        raise InvalidTrack("metadata", f"The metadata is larger than {MAX_METADATA_BYTES >> 10} KB.")
    if b"\\u0000" in encoded:
        raise InvalidTrack("metadata", "The metadata has NUL characters: remove them.")
    return whole


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "text" if isinstance(value, str) else "a number"


def unique(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))
