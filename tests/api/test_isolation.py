"""Nothing of one tenant reaches another, and no key does what its scopes don't say."""

from __future__ import annotations

from typing import Any

import pytest

from app.analysis.models import Analyzer
from app.provision import SETUP
from tenancy import members
from tenancy.database import Database
from tenancy.scopes import Role, Scope
from tests.builders import VERSE, Tenant, add_tracks, new_key, new_tenant, song
from tests.service import Service

# Words that stand in one tenant's rows alone.
SECRET = "Quillon"


@pytest.fixture
async def owner(database: Database) -> Tenant:
    """A tenant with tracks that nobody else may see."""
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        address = f"{SECRET}@{SECRET}.example".lower()
        await members.invite(session, tenant, "okta", Role.ANALYST, SETUP, email=address, name=SECRET)
        model = {"version": "1", "title": SECRET, "description": SECRET, "languages": [], "kind": "MODEL"}
        session.add(Analyzer(tenant_id=tenant, name=f"themes.{SECRET}", enabled=False, **model))
    songs = [
        song(f"{SECRET} {n}", artist=f"{SECRET} Band", lyrics=f"{VERSE}\n{SECRET} {n}") for n in range(3)
    ]
    return Tenant(tenant, await add_tracks(database, tenant, songs), await new_key(database, tenant))


@pytest.fixture
async def stranger(database: Database) -> Tenant:
    tenant = await new_tenant(database)
    return Tenant(
        tenant, await add_tracks(database, tenant, [song("Other")]), await new_key(database, tenant)
    )


async def ids_of(service: Service, owner: Tenant) -> dict[str, str]:
    """Global ids of the owner's rows of every type."""
    data = await service.data(
        owner.key,
        """{ tracks(first: 1) { edges { cursor node { id artist { id } } } }
             viewer { tenant { id members(first: 1) { nodes { id } } } apiKey { id } } }""",
    )
    added = await service.data(
        owner.key,
        """mutation ($i: AnalyzeTracksInput!) { analyzeTracks(input: $i) {
             ... on AnalyzeTracksPayload { run { id } } } }""",
        i={"ids": [data["tracks"]["edges"][0]["node"]["id"]]},
    )
    edge = data["tracks"]["edges"][0]
    return {
        "track": edge["node"]["id"],
        "artist": edge["node"]["artist"]["id"],
        "tenant": data["viewer"]["tenant"]["id"],
        "key": data["viewer"]["apiKey"]["id"],
        "member": data["viewer"]["tenant"]["members"]["nodes"][0]["id"],
        "run": added["analyzeTracks"]["run"]["id"],
        "cursor": edge["cursor"],
    }


QUERIES = [
    "{ tracks(first: 100) { totalCount nodes { title artist { name } } } }",
    "{ artists(first: 100) { totalCount nodes { name trackCount } } }",
    "{ runs(first: 100) { totalCount nodes { id } } }",
    '{ artist(slug: "quillon-band") { name } }',
    '{ searchTracks(query: "Quillon", first: 100) { totalCount edges { node { title } } } }',
    '{ searchTracks(query: "harbor lamps", mode: LEXICAL, first: 100) { edges { node { title } } } }',
    '{ searchTracks(query: "my brother is gone", mode: SEMANTIC, first: 100) { edges { node { title } } } }',
    "{ trends(metric: TRACKS) { key points { tracks behind(first: 100) { nodes { title } } } } }",
    "{ viewer { tenant { name slug apiKeys(first: 100) { nodes { name } } } } }",
    "{ viewer { tenant { members(first: 100) { totalCount nodes { email name } } } } }",
    "{ viewer { tenant { auditLog(first: 100) { nodes { actor after } } } } }",
    "{ viewer { tenant { modelPolicy { askBelow monthlyBudgetUsd spentUsd sharesAnswers switchedOff } } } }",
    "{ analyzers { name } }",
]


@pytest.mark.parametrize("query", QUERIES)
async def test_queries_show_own_rows_alone(
    service: Service, owner: Tenant, stranger: Tenant, query: str
) -> None:
    assert SECRET.lower() not in (await service.post(stranger.key, query)).text.replace(query, "").lower()


async def test_ids_of_others_answer_like_unknown_ones(
    service: Service, owner: Tenant, stranger: Tenant
) -> None:
    ids = await ids_of(service, owner)
    unknown = {name: f"{id_.split('_')[0]}_{'0' * 32}" for name, id_ in ids.items() if name != "cursor"}
    query = """query ($track: ID!, $artist: ID!, $tenant: ID!, $key: ID!, $run: ID!, $member: ID!) {
        track(id: $track) { title } artist(id: $artist) { name } run(id: $run) { id }
        nodes(ids: [$track, $artist, $tenant, $key, $run, $member]) { id }
        filtered: tracks(first: 5, filter: { ids: [$track] }) { totalCount }
        by: tracks(first: 5, filter: { artists: [$artist] }) { totalCount } }"""
    theirs = await service.data(stranger.key, query, **{k: v for k, v in ids.items() if k != "cursor"})
    nobodys = await service.data(stranger.key, query, **unknown)
    assert theirs == nobodys
    assert theirs["track"] is theirs["artist"] is theirs["run"] is None
    assert theirs["nodes"] == [None] * 6
    assert (await service.data(owner.key, query, **{k: v for k, v in ids.items() if k != "cursor"}))["track"]


MUTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("updateTrack", {"id": "track", "title": "taken"}),
    ("cancelRun", {"id": "run"}),
    ("retryFailed", {"id": "run"}),
    ("revokeApiKey", {"id": "key"}),
    ("rotateApiKey", {"id": "key"}),
    ("removeMember", {"id": "member"}),
    ("analyzeTracks", {"ids": ["track"]}),
]


@pytest.mark.parametrize(("mutation", "values"), MUTATIONS)
async def test_mutations_do_not_reach_others(
    service: Service, owner: Tenant, stranger: Tenant, mutation: str, values: dict[str, Any]
) -> None:
    ids = await ids_of(service, owner)
    given = {k: [ids[v[0]]] if isinstance(v, list) else ids.get(v, v) for k, v in values.items()}
    type_ = mutation[0].upper() + mutation[1:] + "Input"
    query = f"mutation ($i: {type_}!) {{ {mutation}(input: $i) {{ ... on Problem {{ code }} }} }}"
    assert (await service.data(stranger.key, query, i=given))[mutation] == {"code": "NOT_FOUND"}
    own = await service.data(owner.key, "{ viewer { principal } tracks(first: 9) { nodes { title } } }")
    assert all(SECRET in node["title"] for node in own["tracks"]["nodes"])


async def test_deleting_others_tracks_deletes_nothing(
    service: Service, owner: Tenant, stranger: Tenant
) -> None:
    ids = await ids_of(service, owner)
    query = """mutation ($i: DeleteTracksInput!) { deleteTracks(input: $i) {
        ... on DeleteTracksPayload { deletedIds } } }"""
    deleted = await service.data(stranger.key, query, i={"ids": [ids["track"]]})
    assert deleted["deleteTracks"] == {"deletedIds": []}
    assert (await service.data(owner.key, "{ tracks(first: 1) { totalCount } }"))["tracks"]["totalCount"] == 3


async def test_others_tracks_are_no_seeds(service: Service, owner: Tenant, stranger: Tenant) -> None:
    ids = await ids_of(service, owner)
    query = "query ($s: [ID!]!) { recommendTracks(seeds: $s) { edges { node { title } } } }"
    theirs = await service.errors(stranger.key, query, s=[ids["track"]])
    nobodys = await service.errors(stranger.key, query, s=["trk_" + "0" * 32])
    assert theirs[0]["extensions"]["code"] == nobodys[0]["extensions"]["code"] == "NOT_FOUND"
    assert SECRET not in str(theirs)


async def test_a_cursor_of_others_shows_own_rows_alone(
    service: Service, owner: Tenant, stranger: Tenant
) -> None:
    ids = await ids_of(service, owner)
    query = "query ($c: String) { tracks(first: 9, before: $c) { nodes { title } } }"
    response = await service.post(stranger.key, query.replace("first: 9", "last: 9"), {"c": ids["cursor"]})
    assert SECRET not in response.text


SCOPED: list[tuple[Scope, str, dict[str, Any] | None]] = [
    (Scope.TRACKS_READ, "{ tracks(first: 1) { totalCount } }", None),
    (Scope.TRACKS_READ, "{ artists(first: 1) { totalCount } }", None),
    (Scope.TRACKS_READ, '{ track(id: "trk_x") { id } }', None),
    (Scope.TRACKS_READ, '{ artist(slug: "x") { id } }', None),
    (Scope.TRACKS_READ, '{ node(id: "trk_x") { id } }', None),
    (Scope.TRACKS_READ, '{ nodes(ids: ["trk_x"]) { id } }', None),
    (Scope.TRACKS_READ, "{ analyzers { name } }", None),
    (Scope.TRACKS_READ, '{ run(id: "run_x") { id } }', None),
    (Scope.TRACKS_READ, "{ runs(first: 1) { totalCount } }", None),
    (Scope.TRACKS_READ, '{ searchTracks(query: "x", first: 1) { totalCount } }', None),
    (Scope.TRACKS_READ, '{ recommendTracks(seeds: ["trk_x"]) { edges { score } } }', None),
    (Scope.TRACKS_READ, "{ trends(metric: THEME) { key } }", None),
    (Scope.ADMIN_KEYS, "{ viewer { tenant { apiKeys(first: 1) { totalCount } } } }", None),
    (
        Scope.USAGE_READ,
        '{ viewer { tenant { usage(from: "2026-01-01", to: "2026-01-02") { points } } } }',
        None,
    ),
    (
        Scope.TRACKS_WRITE,
        "mutation ($i: AddTracksInput!) { addTracks(input: $i) { __typename } }",
        {"tracks": []},
    ),
    (
        Scope.TRACKS_WRITE,
        "mutation ($i: UpdateTrackInput!) { updateTrack(input: $i) { __typename } }",
        {"id": "x"},
    ),
    (
        Scope.TRACKS_WRITE,
        "mutation ($i: DeleteTracksInput!) { deleteTracks(input: $i) { __typename } }",
        {"ids": []},
    ),
    (
        Scope.ANALYSES_WRITE,
        "mutation ($i: AnalyzeTracksInput!) { analyzeTracks(input: $i) { __typename } }",
        {"ids": []},
    ),
    (
        Scope.ANALYSES_WRITE,
        "mutation ($i: AnalyzeTextInput!) { analyzeText(input: $i) { __typename } }",
        {"lyrics": "x"},
    ),
    (
        Scope.ANALYSES_WRITE,
        "mutation ($i: CancelRunInput!) { cancelRun(input: $i) { __typename } }",
        {"id": "x"},
    ),
    (
        Scope.ANALYSES_WRITE,
        "mutation ($i: RetryFailedInput!) { retryFailed(input: $i) { __typename } }",
        {"id": "x"},
    ),
    (
        Scope.ADMIN_KEYS,
        "mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { __typename } }",
        {"name": "x", "scopes": []},
    ),
    (Scope.ADMIN_KEYS, "{ viewer { tenant { auditLog(first: 1) { totalCount } } } }", None),
    (
        Scope.ADMIN_KEYS,
        "mutation ($i: RotateApiKeyInput!) { rotateApiKey(input: $i) { __typename } }",
        {"id": "x"},
    ),
    (
        Scope.ADMIN_KEYS,
        "mutation ($i: RevokeApiKeyInput!) { revokeApiKey(input: $i) { __typename } }",
        {"id": "x"},
    ),
    (Scope.ADMIN_MEMBERS, "{ viewer { tenant { members(first: 1) { totalCount } } } }", None),
    (
        Scope.ADMIN_MEMBERS,
        "mutation ($i: InviteMemberInput!) { inviteMember(input: $i) { __typename } }",
        {"role": "VIEWER"},
    ),
    (
        Scope.ADMIN_MEMBERS,
        "mutation ($i: RemoveMemberInput!) { removeMember(input: $i) { __typename } }",
        {"id": "x"},
    ),
    (Scope.ADMIN_MODELS, "{ viewer { tenant { modelPolicy { spentUsd } } } }", None),
    (
        Scope.ADMIN_MODELS,
        "mutation ($i: ChangeModelPolicyInput!) { changeModelPolicy(input: $i) { __typename } }",
        {"askBelow": 0.5},
    ),
]


@pytest.mark.parametrize(("scope", "query", "values"), SCOPED)
async def test_every_field_needs_its_scope(
    service: Service, database: Database, scope: Scope, query: str, values: dict[str, Any] | None
) -> None:
    tenant = await new_tenant(database)
    without = await new_key(database, tenant, *(frozenset(Scope) - {scope}))
    errors = (await service.post(without, query, {"i": values})).json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"FORBIDDEN"}
    assert errors[0]["extensions"]["scope"] == scope
    alone = await new_key(database, tenant, scope)
    body = (await service.post(alone, query, {"i": values})).json()
    assert "FORBIDDEN" not in str(body)


async def test_all_root_fields_have_a_scope_test(service: Service) -> None:
    from api.schema import schema

    tested = " ".join(query for _, query, _ in SCOPED)
    open_to_all = {"viewer", "rateLimit"}
    for root in (schema._schema.query_type, schema._schema.mutation_type):
        assert root is not None
        for name in root.fields:
            assert name in open_to_all or f"{name}(" in tested or f"{name} " in tested, name


async def test_lyrics_need_their_own_scope(service: Service, owner: Tenant, database: Database) -> None:
    reader = await new_key(database, owner.id, role="reader")
    query = "{ tracks(first: 2) { nodes { title lyrics { text } } } }"
    body = (await service.post(reader, query)).json()
    assert [node["lyrics"] for node in body["data"]["tracks"]["nodes"]] == [None, None]
    assert [error["path"] for error in body["errors"]] == [
        ["tracks", "nodes", 0, "lyrics"],
        ["tracks", "nodes", 1, "lyrics"],
    ]
    assert {error["extensions"]["code"] for error in body["errors"]} == {"FORBIDDEN"}
    assert "harbor lamps" not in str(body)
    found = await service.post(
        reader, '{ searchTracks(query: "harbor lamps", first: 1) { edges { passage { startLine text } } } }'
    )
    assert "harbor lamps" not in str(found.json()["data"])
