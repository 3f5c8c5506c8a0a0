"""What the README promises, done as a newcomer does it: in a fresh folder, with nothing but the commands."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from app.embedded.ports import free_port
from tests.processes import children, survivors

ROOT = Path(__file__).resolve().parents[1]
SONGS = ROOT.parent / "shared" / "data" / "songs.jsonl.gz"
START_SECONDS = 240.0  # far beyond what it takes, so that a busy machine fails nothing
STOP_SECONDS = 60.0
EVENT_SECONDS = 120.0

TRACKS = "query ($after: String) { tracks(first: 100, after: $after) { edges { node { id title } } pageInfo { hasNextPage endCursor } } }"  # noqa: E501
SEARCH = "query ($query: String!) { searchTracks(query: $query, first: 10) { edges { score passage { text } node { title language } } } }"  # noqa: E501
NODE = "query ($id: ID!) { node(id: $id) { id } track(id: $id) { id } }"
ANALYSES = "{ tracks(first: 100) { edges { node { analyses(first: 10) { edges { node { status analyzer { name } } } } } } } }"  # noqa: E501
ADD = "mutation ($input: AddTracksInput!) { addTracks(input: $input) { __typename ... on AddTracksPayload { tracks { id } run { id } } ... on Problem { message } } }"  # noqa: E501
WATCH = "subscription ($tracks: [ID!]) { analysisEvents(tracks: $tracks) { __typename ... on AnalysisCompleted { analysis { status analyzer { name } track { id } } } } }"  # noqa: E501


class Instance:
    """`rap-analyzer up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RAP_ANALYZER_")}
        path = os.pathsep.join([str(ROOT), str(ROOT / "graphql")])
        return kept | {
            "PYTHONPATH": path,
            "PORT": str(self.port),
            "RAP_ANALYZER_DATA_DIR": str(self.data_dir),
        }

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> None:
        """Returns when it says that it is ready, which it says after everything is."""
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"],
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C stops everything" not in self.out.read_text():
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < deadline, self.err.read_text()
            time.sleep(0.1)

    def stop(self, number: signal.Signals) -> tuple[int, set[int]]:
        """The exit status, and which processes of it are left."""
        assert self.process is not None
        started = children(self.process.pid)
        assert started
        self.process.send_signal(number)
        status = self.process.wait(STOP_SECONDS)
        self.process = None
        return status, survivors(started)

    def key(self, slug: str, role: str) -> str:
        demo = json.loads((self.data_dir / "demo.json").read_text())
        (found,) = (tenant["keys"][role] for tenant in demo["tenants"] if tenant["slug"] == slug)
        return str(found)

    def post(self, key: str, document: str, /, **variables: Any) -> Any:
        answer = httpx.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def tracks(self, slug: str) -> dict[str, str]:
        """Titles by id, of all tracks that the tenant's reader sees."""
        found: dict[str, str] = {}
        after = None
        while True:
            page = self.post(self.key(slug, "reader"), TRACKS, after=after)["tracks"]
            found |= {edge["node"]["id"]: edge["node"]["title"] for edge in page["edges"]}
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Started once; the tests below follow each other as a first session does."""
    instance = Instance(tmp_path_factory.mktemp("quickstart"))
    try:
        instance.start()
        yield instance
    finally:
        if instance.process is not None:
            instance.process.terminate()
            instance.process.wait(STOP_SECONDS)


def test_it_prints_what_comes_next(instance: Instance) -> None:
    told = instance.out.read_text()
    assert f"{instance.url}/graphiql" in told
    for slug in ("northside", "aurora"):
        for role in ("admin", "analyst", "reader"):
            assert instance.key(slug, role) in told
    assert "Traceback" not in instance.err.read_text()
    for secret in ("demo.json", "connection.json", "service-password"):
        assert (instance.data_dir / secret).stat().st_mode & 0o077 == 0


def test_the_printed_command_works_as_it_is(instance: Instance) -> None:
    command = re.search(r"^  curl .*?(?=\n\n)", instance.out.read_text(), re.M | re.S)
    assert command is not None
    told = subprocess.run(["bash", "-c", command[0]], capture_output=True, text=True, check=True)
    edges = json.loads(told.stdout)["data"]["searchTracks"]["edges"]
    assert 1 <= len(edges) <= 5
    assert all(edge["node"]["title"] for edge in edges)


def test_the_demo_songs_are_analysed(instance: Instance) -> None:
    for slug in ("northside", "aurora"):
        edges = instance.post(instance.key(slug, "reader"), ANALYSES)["tracks"]["edges"]
        assert len(edges) >= 25
        for edge in edges:
            analyses = [each["node"] for each in edge["node"]["analyses"]["edges"]]
            names = {analysis["analyzer"]["name"] for analysis in analyses}
            assert names == {"rhyme", "emotion", "themes", "vocabulary", "content"}
            assert {analysis["status"] for analysis in analyses} <= {"COMPLETED", "DEGRADED"}


def test_neither_tenant_sees_the_others_tracks(instance: Instance) -> None:
    northside, aurora = instance.tracks("northside"), instance.tracks("aurora")
    assert northside
    assert aurora
    assert not set(northside) & set(aurora)
    for id_ in aurora:
        found = instance.post(instance.key("northside", "admin"), NODE, id=id_)
        assert found == {"node": None, "track": None}


def test_search_by_meaning_finds_both_languages(instance: Instance) -> None:
    found = instance.post(instance.key("northside", "analyst"), SEARCH, query="songs about losing someone")[
        "searchTracks"
    ]["edges"]
    assert {edge["node"]["language"] for edge in found} == {"en", "ru"}
    assert all(edge["passage"]["text"] for edge in found)
    scores = [edge["score"] for edge in found]
    assert scores == sorted(scores, reverse=True)


def test_an_analysis_arrives_on_a_subscription(instance: Instance) -> None:
    key = instance.key("northside", "analyst")
    status, name = asyncio.run(watch(instance, key))
    assert status in ("COMPLETED", "DEGRADED")
    assert name in {"rhyme", "emotion", "themes", "vocabulary", "content"}


async def watch(instance: Instance, key: str) -> tuple[str, str]:
    """The first analysis of a track that is added while we watch."""
    transport = WebsocketsTransport(
        url=instance.url.replace("http", "ws") + "/graphql",
        init_payload={"authorization": f"Bearer {key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    added: set[str] = set()

    async def add_songs() -> None:
        # More than one: which of them comes after the subscription began is not ours to know.
        for number in range(20):
            lyrics = f"I count the stars at number {number}\nand every one is in a slumber\nso far away"
            song = {"title": f"Star {number}", "artist": "Quick Start", "lyrics": lyrics}
            answer = await asyncio.to_thread(
                instance.post, key, ADD, input={"tracks": [song], "analyze": True}
            )
            added.update(track["id"] for track in answer["addTracks"]["tracks"])
            await asyncio.sleep(3)

    async with Client(transport=transport) as session:
        adding = asyncio.create_task(add_songs())
        try:
            async with asyncio.timeout(EVENT_SECONDS):
                async for answer in session.subscribe(gql(WATCH)):
                    event = answer["analysisEvents"]
                    if event["__typename"] == "AnalysisCompleted":
                        analysis = event["analysis"]
                        if analysis["track"]["id"] in added:
                            return analysis["status"], analysis["analyzer"]["name"]
        finally:
            adding.cancel()
            await asyncio.gather(adding, return_exceptions=True)
    raise AssertionError("the subscription ended without an analysis")


@pytest.mark.skipif(not SONGS.exists(), reason="the shared songs are not here")
def test_songs_from_a_file(instance: Instance) -> None:
    file = instance.folder / "songs.jsonl"
    with gzip.open(SONGS, "rt", encoding="utf-8") as lines:
        file.write_text("".join(line for line, _ in zip(lines, range(100), strict=False)), encoding="utf-8")
    before = instance.tracks("northside")
    first = instance.command("import", str(file), "--tenant", "aurora")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("100 songs added to aurora")
    second = instance.command("import", str(file), "--tenant", "aurora")
    assert second.stdout.startswith("0 songs added to aurora, 100 there already")
    assert "Second Best" in instance.tracks("aurora").values()
    assert instance.tracks("northside") == before


def test_a_second_instance_is_told_why_it_can_not_start(instance: Instance) -> None:
    second = instance.command("up")
    assert second.returncode == 1
    assert "in use by another instance" in second.stderr
    elsewhere = Instance(instance.folder / "elsewhere")
    elsewhere.folder.mkdir()
    elsewhere.port = instance.port
    third = elsewhere.command("up")
    assert third.returncode == 1
    assert f"Port {instance.port} is in use" in third.stderr
    assert f"PORT={instance.port + 1} make up" in third.stderr
    assert "Traceback" not in second.stderr + third.stderr


def test_the_data_outlast_a_stop_and_a_kill(instance: Instance) -> None:
    tracks = {slug: instance.tracks(slug) for slug in ("northside", "aurora")}
    keys = (instance.data_dir / "demo.json").read_text()
    assert instance.stop(signal.SIGTERM) == (0, set())
    assert "Traceback" not in instance.err.read_text()
    assert not (instance.data_dir / "connection.json").exists()

    instance.start()
    assert (instance.data_dir / "demo.json").read_text() == keys
    assert {slug: instance.tracks(slug) for slug in tracks} == tracks

    assert instance.stop(signal.SIGKILL) == (-signal.SIGKILL, set())
    instance.start()
    assert {slug: instance.tracks(slug) for slug in tracks} == tracks
    assert instance.stop(signal.SIGINT) == (0, set())
