"""What front-ends read, said to each server in its own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench.reading.catalogue import Catalogue
from bench.reading.load import Request

OURS = {
    "feed": """query Feed($first: Int!) { tracks(first: $first) { nodes { id title releasedOn language
        artist { id name } analyses(first: 4) { nodes { id status sentiment createdAt } } } } }""",
    "track": "query Track($id: ID!) { track(id: $id) { id title album artist { name } } }",
    "scalars": """query Scalars($first: Int!) { tracks(first: $first) {
        nodes { id title album releasedOn language popularity } } }""",
    "artist": """query Artist($id: ID!) { artist(id: $id) { name
        tracks(first: 20) { nodes { id title } } } }""",
    "search": """query Search($query: String!) { searchTracks(query: $query, first: 10) {
        edges { score passage { text } node { id title artist { name } } } } }""",
}
# Strawberry's documentation gives lists, not connections.
IDIOMATIC = {
    "feed": """query Feed($first: Int!) { tracks(first: $first) { id title releasedOn language
        artist { id name } analyses(first: 4) { id status sentiment createdAt } } }""",
    "track": OURS["track"],
    "scalars": """query Scalars($first: Int!) { tracks(first: $first) {
        id title album releasedOn language popularity } }""",
    "artist": "query Artist($id: ID!) { artist(id: $id) { name tracks(first: 20) { id title } } }",
}
POSTGRAPHILE = {
    "feed": """query Feed($first: Int!) { allTracks(first: $first, orderBy: [CREATED_AT_ASC, ROW_ID_ASC])
        { nodes { rowId title releasedOn language artistByTenantIdAndArtistId { rowId name }
        analysesByTenantIdAndTrackId(first: 4, orderBy: [CREATED_AT_DESC]) {
          nodes { rowId status sentiment createdAt } } } } }""",
    "track": """query Track($tenant: UUID!, $id: UUID!) {
        trackByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {
          rowId title album artistByTenantIdAndArtistId { name } } }""",
    "scalars": """query Scalars($first: Int!) {
        allTracks(first: $first, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {
          nodes { rowId title album releasedOn language popularity } } }""",
    "artist": """query Artist($tenant: UUID!, $id: UUID!) {
        artistByTenantIdAndRowId(tenantId: $tenant, rowId: $id) { name
          tracksByTenantIdAndArtistId(first: 20, orderBy: [CREATED_AT_ASC]) { nodes { rowId title } } } }""",
}
WORDS = ("a song about losing a brother", "money and the street", "любовь и ночь", "the harbor at night")
PAGE = {"feed": 20, "scalars": 100}


@dataclass(frozen=True, slots=True)
class Scenario:
    """`rows` is what its answer holds, of every kind: what a cost a row is reckoned by."""

    name: str
    title: str
    rows: int


SCENARIOS = (
    Scenario("feed", "feed: 20 tracks × artist × 4 analyses", 20 + 20 + 80),
    Scenario("track", "one track by id, with its artist", 2),
    Scenario("scalars", "a page of 100 tracks, scalars alone", 100),
    Scenario("artist", "an artist with 20 tracks", 21),
    Scenario("search", "search by meaning and words, 10 of 2,000", 20),
)


def ours(name: str, catalogue: Catalogue, page: int | None = None) -> list[Request]:
    texts = {"track": "trk", "artist": "art"}
    return [
        Request.post("http://x/graphql", {"query": OURS[name], "variables": values}, catalogue.key)
        for values in variables(name, catalogue, page, lambda id_: f"{texts[name]}_{id_.hex}")
    ]


def postgraphile(name: str, catalogue: Catalogue, page: int | None = None) -> list[Request]:
    found = variables(name, catalogue, page, str)
    if name in ("track", "artist"):
        found = [{**values, "tenant": str(catalogue.tenant)} for values in found]
    return [
        Request.post("http://x/graphql", {"query": POSTGRAPHILE[name], "variables": values})
        for values in found
    ]


def idiomatic(name: str, catalogue: Catalogue, page: int | None = None) -> list[Request]:
    return [
        Request.post("http://x/graphql", {"query": IDIOMATIC[name], "variables": values})
        for values in variables(name, catalogue, page, str)
    ]


def limit(name: str, catalogue: Catalogue, page: int | None = None) -> list[Request]:
    return [
        Request.get(f"http://x/{name}?by={next(iter(values.values()))}")
        for values in variables(name, catalogue, page, str)
    ]


def variables(
    name: str, catalogue: Catalogue, page: int | None, write: Callable[[UUID], str]
) -> list[dict[str, Any]]:
    """Of each request: a page's length, an id among a hundred, or a question."""
    if name in PAGE:
        return [{"first": page or PAGE[name]}]
    if name == "search":
        return [{"query": words} for words in WORDS]
    ids = catalogue.tracks if name == "track" else catalogue.artists
    return [{"id": write(id_)} for id_ in ids]
