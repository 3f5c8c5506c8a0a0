"""Values that arguments are likely to be given: most mean rows that exist, some none, a few are wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.differential.catalogue import ANALYZERS, ARTISTS, STRANGER, TENANT, TRACKS, moment, named
from tests.differential.connections import Order
from tests.differential.filters import ARTIST_ORDER, TRACK_ORDER
from tests.differential.ids import global_id

Values = list[Any]
UNKNOWN = ["", "trk_", "nonsense", "trk_" + "0" * 32, "zzz_" + "0" * 32, "ten_" + "g" * 32]


def ids(kind: str, key: str, count: int) -> Values:
    return [global_id(kind, named(TENANT, key, n)) for n in range(count)]


TRACK_IDS = ids("Track", "track", len(TRACKS))
ARTIST_IDS = ids("Artist", "artist", len(ARTISTS))
RUN_IDS = ids("AnalysisRun", "run", 3)
STRANGERS = [global_id("Track", named(STRANGER, "track", 0)), global_id("Tenant", STRANGER)]
ANY_IDS = [
    *TRACK_IDS[:4], *ARTIST_IDS[:3], *RUN_IDS, *ids("Analysis", "analysis", 18)[4:], *ids("ApiKey", "key", 3),
    *ids("Member", "member", 3),
    global_id("Tenant", TENANT), *STRANGERS, *UNKNOWN[:3],
]  # fmt: skip


def cursors() -> Values:
    """Those of tracks and artists in every order, and what is none."""
    tracks = [
        {"id": named(TENANT, "track", n), "title": track[0], "released_on": track[3], "popularity": track[6],
         "created_at": moment(track[8])}
        for n, track in enumerate(TRACKS)
    ]  # fmt: skip
    artists = [
        {"id": named(TENANT, "artist", n), "name": name, "created_at": moment(n // 2)}
        for n, (name, _) in enumerate(ARTISTS)
    ]
    found = []
    for rows, orders in ((tracks, TRACK_ORDER), (artists, ARTIST_ORDER)):
        for make in orders.values():
            found += [make(False).cursor(read(row)) for row in rows[:4]]
    own = Order(lambda row: row["at"], str, str)
    newest = [("analysis", 10), ("run", 5), ("key", 1), ("entry", 0)]
    for kind, minute in newest:
        at = read({"created_at": moment(minute)})["created_at"]
        text = TRACK_ORDER["CREATED_AT"](True).write(at)
        found += [own.cursor({"id": named(TENANT, kind, n), "at": text}) for n in range(2)]
    return [*found, "", "nonsense", "WzFd", "bnVsbA", "WyJhIiwiYiJd", "é"]


def read(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its times read."""
    row = {**row, "created_at": datetime.fromisoformat(row["created_at"])}
    if row.get("released_on") is not None:
        row["released_on"] = date.fromisoformat(row["released_on"])
    return row


# By "Type.argument", by the argument's name alone, or by its type.
POOLS: dict[str, Values] = {
    "Query.track.id": [*TRACK_IDS, ARTIST_IDS[0], STRANGERS[0], *UNKNOWN],
    "Query.artist.id": [*ARTIST_IDS, TRACK_IDS[0], *UNKNOWN],
    "Query.run.id": [*RUN_IDS, TRACK_IDS[0], *UNKNOWN],
    "TrackFilter.ids": [*TRACK_IDS * 3, STRANGERS[0], ARTIST_IDS[0], "nonsense"],
    "TrackFilter.artists": [*ARTIST_IDS * 3, TRACK_IDS[0]],
    "ArtistFilter.ids": [*ARTIST_IDS * 4, TRACK_IDS[0], ""],
    "slug": [*[slug for _, slug in ARTISTS], "", "unknown"],
    "after": cursors(),
    "before": cursors(),
    "analyzer": [*ANALYZERS, "unknown", ""],
    "analyzers": [*ANALYZERS, "unknown", ""],
    "languages": ["en", "ru", "und", ""],
    "themes": ["loss", "night", "none"],
    "tags": ["a", "b", "ночь", "😀", "none"],
    "titleContains": ["", "a", "ALPHA", "НОЧЬ", '"', "\\", "%", "_", "'", "$1"],
    "nameContains": ["", "A", "Ё", '"', "'; --", "{row}"],
    "ID": ANY_IDS,
    "Int": [0, 1, 2, 2, 3, 5, 20, 100, -1, 101, 2147483647],
    "Date": ["2001-05-04", "2001-05-05", "0001-01-01", "9999-12-31", "1999-12-31"],
    "Float": [0.0, 0.25, 0.5, 0.75, 1.0, -1.0, 1, 1e300],
    "Boolean": [True, False],
    "String": ["", "a"],
}  # fmt: skip
# What a variable may wrongly hold.
WRONG: Values = [
    {"a": 1},
    1.5,
    10**12,
    "2024-02-30",
    "WRONG",
    [None],
    [["a"]],
    True,
    {"field": "TITLE", "no": 1},
]
