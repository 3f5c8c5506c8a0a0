"""What filters and orders of the catalogue mean, in Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.differential.connections import Order, by_moment, read_day, read_int, write_day
from tests.differential.ids import uuid
from tests.differential.rows import Row

Filter = dict[str, Any] | None
TRACK_ORDER: dict[str, Callable[[bool], Order]] = {
    "CREATED_AT": lambda down: by_moment("created_at", descending=down),
    "TITLE": lambda down: Order(lambda row: row["title"], str, str, down),
    "RELEASED_ON": lambda down: Order(lambda row: row["released_on"] or date.min, write_day, read_day, down),
    "POPULARITY": lambda down: Order(
        lambda row: -1 if row["popularity"] is None else row["popularity"], str, read_int, down
    ),
}
ARTIST_ORDER: dict[str, Callable[[bool], Order]] = {
    "CREATED_AT": lambda down: by_moment("created_at", descending=down),
    "NAME": lambda down: Order(lambda row: row["name"], str, str, down),
}


def track_order(order: Filter) -> Order:
    wanted = order or {"field": "CREATED_AT", "direction": "ASC"}
    return TRACK_ORDER[wanted["field"]](wanted["direction"] == "DESC")


def artist_order(order: Filter) -> Order:
    wanted = order or {"field": "NAME", "direction": "ASC"}
    return ARTIST_ORDER[wanted["field"]](wanted["direction"] == "DESC")


def tracks(rows: list[Row], filter: Filter, analyses: list[Row]) -> list[Row]:
    """Those for which every given part holds."""
    wanted = {name: value for name, value in (filter or {}).items() if value is not None}
    if "foundExplicit" in wanted:
        value = wanted.pop("foundExplicit")
        rows = [row for row in rows if found_explicit(row, analyses) is value]
    for name, column, prefix, kind in (
        ("ids", "id", "trk", "a Track"),
        ("artists", "artist_id", "art", "an Artist"),
    ):
        if name in wanted:
            ids = [uuid(id_, prefix, kind) for id_ in wanted.pop(name)]
            rows = [row for row in rows if row[column] in ids]
    return [row for row in rows if all(TESTS[name](row, value) for name, value in wanted.items())]


def artists(rows: list[Row], filter: Filter) -> list[Row]:
    wanted = filter or {}
    if wanted.get("ids") is not None:
        ids = [uuid(id_, "art", "an Artist") for id_ in wanted["ids"]]
        rows = [row for row in rows if row["id"] in ids]
    if wanted.get("nameContains") is not None:
        rows = [row for row in rows if wanted["nameContains"].lower() in row["name"].lower()]
    return rows


def found_explicit(track: Row, analyses: list[Row]) -> bool | None:
    of_content = [
        each
        for each in analyses
        if each["track_id"] == track["id"] and each["analyzer"] == "content" and each["status"] == "COMPLETED"
    ]
    newest: Row = max(of_content, key=lambda each: each["created_at"], default={"details": {}})
    explicit: bool | None = newest["details"].get("explicit")
    return explicit


def in_range(profile: dict[str, Any], wanted: dict[str, Any]) -> bool:
    value = profile.get(wanted["score"].lower())
    low, high = wanted.get("atLeast"), wanted.get("atMost")
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


TESTS: dict[str, Callable[[Row, Any], bool]] = {
    "languages": lambda row, them: row["language"] in them,
    "releasedFrom": lambda row, day: row["released_on"] is not None and row["released_on"] >= day,
    "releasedTo": lambda row, day: row["released_on"] is not None and row["released_on"] <= day,
    "themes": lambda row, them: any(
        theme["name"] in them for theme in (row["profile"] or {}).get("themes", [])
    ),
    "sentiments": lambda row, them: (row["profile"] or {}).get("sentiment") in them,
    "explicit": lambda row, value: row["explicit"] is value,
    "scores": lambda row, ranges: all(in_range(row["profile"] or {}, wanted) for wanted in ranges),
    "titleContains": lambda row, text: text.lower() in row["title"].lower(),
    "tags": lambda row, them: any(tag in them for tag in row["tags"]),
}
