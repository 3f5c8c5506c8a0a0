"""Searching and recommending through the running service: what can be set, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.cli import demo
from app.search.embeddings import FastEmbedder
from tenancy.database import Database
from tests.builders import add_tracks, new_key, new_tenant
from tests.embedding import embed
from tests.service import Service

SEARCH = """query ($query: String!, $mode: SearchMode! = HYBRID, $share: Float! = 0.7) {
    searchTracks(query: $query, mode: $mode, semanticShare: $share, first: 20) {
      totalCount totalCountIsExact edges { score node { title } } } }"""
RECOMMEND = """query ($seeds: [ID!]!, $weights: [Float!], $perArtist: Int! = 3, $first: Int = 10) {
    recommendTracks(seeds: $seeds, weights: $weights, perArtist: $perArtist, first: $first, diversity: 0) {
      edges { score node { title artist { name } lyrics { text } } reasons {
        kind weight seed { title lyrics { text } } passage { text } seedPassage { text } } } } }"""


async def demo_key(database: Database) -> str:
    tenant = await new_tenant(database)
    tracks = await add_tracks(database, tenant, [*demo.tracks("northside"), *demo.tracks("aurora")])
    await embed(database, tenant, tracks, FastEmbedder())
    return await new_key(database, tenant)


async def ids(service: Service, key: str, *titles: str) -> list[str]:
    data = await service.data(key, "{ tracks(first: 100) { nodes { id title } } }")
    by_title = {node["title"]: node["id"] for node in data["tracks"]["nodes"]}
    return [by_title[title] for title in titles]


async def test_what_meaning_counts_beside_words_can_be_set(service: Service, database: Database) -> None:
    key = await demo_key(database)

    async def found(mode: str, share: float = 0.7) -> list[tuple[str, float]]:
        page = (await service.data(key, SEARCH, query="bread and bills", mode=mode, share=share))[
            "searchTracks"
        ]
        assert page["totalCountIsExact"]
        assert page["totalCount"] >= len(page["edges"])
        return [(edge["node"]["title"], edge["score"]) for edge in page["edges"]]

    meant, worded = dict(await found("SEMANTIC")), dict(await found("LEXICAL"))
    for share in (0.0, 0.5, 1.0):
        for title, score in await found("HYBRID", share):
            if title in meant and title in worded:
                mixed = share * meant[title] + (1 - share) * worded[title]
                assert score == pytest.approx(mixed, abs=1e-5)
    for share in (-0.1, 1.1):
        (error,) = await service.errors(key, SEARCH, query="bread", share=share)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "semanticShare" in error["message"]


async def test_seeds_have_weights_and_reasons_show_both_passages(
    service: Service, database: Database
) -> None:
    key = await demo_key(database)
    party, grief = "Till the Fuses Go", "Your Chair"
    seeds = await ids(service, key, party, grief)

    async def scores(*weights: float) -> dict[str, float]:
        data = await service.data(key, RECOMMEND, seeds=seeds, weights=list(weights), perArtist=100, first=60)
        edges = data["recommendTracks"]["edges"]
        assert not {edge["node"]["title"] for edge in edges} & {party, grief}
        for edge in edges:
            assert sum(reason["weight"] for reason in edge["reasons"]) == pytest.approx(edge["score"])
            (meaning,) = [reason for reason in edge["reasons"] if reason["kind"] == "meaning"]
            assert meaning["passage"]["text"] in edge["node"]["lyrics"]["text"]
            assert meaning["seed"]["title"] in {party, grief}
            assert meaning["seedPassage"]["text"] in meaning["seed"]["lyrics"]["text"]
        return {edge["node"]["title"]: edge["score"] for edge in edges}

    both, away = await scores(1, 1), await scores(1, -1)
    partying, grieving = await scores(1, 0.1), await scores(0.1, 1)
    assert partying["Every Lamp in the House"] > grieving["Every Lamp in the House"]
    assert grieving["Пустой стул"] > partying["Пустой стул"]
    assert away.get("Пустой стул", 0) < both["Пустой стул"]


async def test_at_most_so_many_of_one_artist(service: Service, database: Database) -> None:
    key = await demo_key(database)
    seeds = await ids(service, key, "Till the Fuses Go")
    for most in (1, 2):
        data = await service.data(key, RECOMMEND, seeds=seeds, perArtist=most, first=30)
        names = [edge["node"]["artist"]["name"] for edge in data["recommendTracks"]["edges"]]
        assert max(map(names.count, names)) == most


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"weights": [1]}, "as many weights as seeds"),
        ({"weights": [1, 1.5]}, "from -1 to 1"),
        ({"weights": [1, 0]}, "not 0"),
        ({"weights": [-1, -0.5]}, "above 0"),
        ({"perArtist": 0}, "perArtist"),
        ({"perArtist": 101}, "perArtist"),
    ],
)
async def test_weights_that_make_no_sense_are_refused(
    service: Service, database: Database, wrong: dict[str, Any], says: str
) -> None:
    tenant = await new_tenant(database)
    key = await new_key(database, tenant)
    (error,) = await service.errors(key, RECOMMEND, **{"seeds": ["trk_a", "trk_b"], **wrong})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert says in error["message"]
