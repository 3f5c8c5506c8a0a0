"""Documents that the planner once answered in another way than graphql-core, by what went wrong."""

from __future__ import annotations

from typing import Any

from tenancy.scopes import Scope
from tests.differential.catalogue import TENANT, named
from tests.differential.documents import ALL, Run
from tests.differential.ids import global_id
from tests.differential.pools import ARTIST_IDS, TRACK_IDS, cursors

NO_LYRICS, NO_KEYS = ALL - {Scope.LYRICS_READ}, ALL - {Scope.ADMIN_KEYS}
OURS = global_id("Tenant", TENANT)
DAMAGED = [global_id("Analysis", named(TENANT, "analysis", number)) for number in (12, 13, 15, 16)]
OTHER_ORDER = cursors()[4]  # by title


def regression(text: str, scopes: frozenset[Scope] = ALL, **variables: Any) -> tuple[str, Run]:
    return text, Run(variables, scopes)


REGRESSIONS = {
    "an error below a row that is not there": regression(
        '{ track(id: "trk_00000000000000000000000000000000") { lyrics { text } } }', NO_LYRICS),
    "an error of another member of an interface": regression(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Tenant { apiKeys(first: 1) { totalCount } } } }",
        NO_KEYS, ids=[TRACK_IDS[0], OURS, "nonsense"]),
    "the path of a nested argument": regression(
        "{ tracks(first: 2) { nodes { title analyses(first: 1000) { totalCount } } } }"),
    "a nested argument without rows": regression(
        "{ tracks(first: 2, filter: { ids: [] }) { nodes { analyses(first: 1000) { totalCount } } } }"),
    "a null that ends at an item": regression(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Artist { tracks(last: -1) { totalCount } } } }",
        ids=[ARTIST_IDS[0], TRACK_IDS[0]]),
    "places of a field that is written twice": regression(
        "query ($id: ID!) { track(id: $id) { lyrics { text } lyrics { wordCount } } }",
        NO_LYRICS, id=TRACK_IDS[0]),
    "null in stored JSON": regression(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Analysis { id details {"
        " ... on ContentDetails { severity } ... on EmotionDetails { emotions { name value } }"
        " ... on RhymeDetails { density pairs { strength } } ... on ThemeDetails { themes { name } } } } } }",
        ids=DAMAGED),
    "only constants of a page": regression(
        "{ tracks(first: 3) { pageInfo { __typename hasPreviousPage } } }"),
    "only constants of an empty page": regression(
        "{ tracks(first: 1, filter: { ids: [] }) { pageInfo { __typename } } }"),
    "another order's cursor, where nothing is read": regression(
        "query ($after: String) { runs(first: 1, after: $after) { totalCount } }", after=OTHER_ORDER),
    "one artist's failure among others": regression(
        "{ artists(first: 9) { nodes { name } } tracks(first: 9) { nodes { title } }"
        " nodes: nodes(ids: [" + ", ".join(f'"{id_}"' for id_ in ARTIST_IDS) + "]) {"
        " ... on Artist { name evolution(metric: TRACKS, granularity: MONTH) { value } } } }"),
    "the last day there is": regression(
        '{ tracks(first: 9, filter: { releasedFrom: "9999-12-31" }) { nodes { releasedOn } } }'),
    "introspection beside a null that goes up": regression(
        "{ viewer { tenant { apiKeys(first: 1) { totalCount } } } __schema { queryType { name } }"
        " artist { name } }", NO_KEYS),
    "a null condition of the operation's own fields": regression(
        "query ($no: Boolean = true) { __typename viewer @skip(if: $no) { __typename } }",
        no=None),
    "null conditions in items, connections and objects": regression(
        "query ($no: Boolean = true, $ids: [ID!]!) {"
        " nodes(ids: $ids) { id ... on Artist { name @skip(if: $no) } }"
        " tracks(first: 2) { nodes { title artist { name @include(if: $no) } } }"
        " page: tracks(first: 2) { nodes { title } pageInfo { hasNextPage @skip(if: $no) } }"
        " edges: tracks(first: 2) { edges { cursor @skip(if: $no) } }"
        " all: tracks(first: 2) { totalCount @skip(if: $no) } }",
        no=None, ids=[ARTIST_IDS[0], TRACK_IDS[0]]),
}  # fmt: skip
