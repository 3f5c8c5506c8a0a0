"""Several tenants at once, by whatever sequence of requests Hypothesis finds: nothing of one reaches another.

Every row of a tenant holds a word that nobody else knows. After each request its answer is searched for the
words and ids of the others, counts are compared with what was added, and what is asked with somebody
else's id has to be answered exactly like an id that does not exist. To show that this would notice a leak, it
runs again on a database without policies, and there it has to fail.

RAP_ANALYZER_ISOLATION_EXAMPLES says how many sequences are tried.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer
from app.migrate import migrate
from tenancy.database import Database
from tests.api.documents import (
    ADD,
    BY_ID,
    EVERYTHING,
    FILTERED,
    INVITE,
    SEARCHES,
    TOUCH,
    TRENDS,
    mutation,
    nobodys,
    normal,
    word,
)
from tests.api.party import Party
from tests.builders import VERSE, new_key, new_tenant
from tests.databases import LOGIN, PASSWORD
from tests.service import Service, serving

EXAMPLES = int(os.environ.get("RAP_ANALYZER_ISOLATION_EXAMPLES", "4"))
STEPS = 25
NAMES = ("ada", "bo", "cy")
WHO = st.sampled_from(NAMES)
KIND = st.sampled_from(("ten", "trk", "art", "ana", "run", "key", "mem"))


class Together(RuleBasedStateMachine):
    """`url` and `parties` are set by the test before it runs; `leaks` says what it found."""

    url: str
    parties: dict[str, Party]
    leaks: list[str]

    @initialize()
    def begin(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=60)
        for name in NAMES:
            self.read_everything(name)

    def teardown(self) -> None:
        self.http.close()

    def ask(self, name: str, query: str, sent: str = "", **variables: Any) -> Any:
        """The body of the answer, in which there is nothing of others but what was `sent`."""
        party = self.parties[name]
        response = self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {party.key}"},
        )
        text = response.text.replace(sent, "") if sent else response.text
        assert response.status_code == 200, text
        assert '"INTERNAL"' not in text
        for other in self.parties.values():
            if other is not party:
                self.must(other.word not in text, "the rows of another tenant are seen")
                self.must(other.tenant.hex not in text, "the id of another tenant is seen")
                self.must(not any(id_ in text for id_ in other.ids), "an id of another tenant is seen")
        return response.json()

    def data(self, name: str, query: str, sent: str = "", **variables: Any) -> Any:
        """What one's own rows answer, which always succeeds."""
        data = self.ask(name, query, sent, **variables)["data"]
        # One's own row that points at another's, which is not there to be read, takes the answer with it.
        self.must(data is not None, "rows of another tenant break an answer off")
        return data

    @rule(name=WHO, count=st.integers(1, 3), analyze=st.booleans())
    def add(self, name: str, count: int, analyze: bool) -> None:
        party = self.parties[name]
        tracks = [
            {
                "title": f"{party.word} {len(party.tracks) + n}", "artist": f"{party.word} band",
                "album": party.word,
                "lyrics": f"{VERSE}\n{party.word} {len(party.tracks) + n}", "tags": [party.word],
                "releasedOn": "2001-01-01", "externalIds": [{"source": "isrc", "value": party.word}],
                "metadata": {"of": party.word},
            }
            for n in range(count)
        ]  # fmt: skip
        added = self.data(name, ADD, i={"tracks": tracks, "analyze": analyze})["addTracks"]
        party.tracks += [track["id"] for track in added["tracks"]]
        party.ids += [track["id"] for track in added["tracks"]]
        party.ids += [track["artist"]["id"] for track in added["tracks"]]
        if analyze:
            party.ids.append(added["run"]["id"])

    @rule(name=WHO)
    def delete(self, name: str) -> None:
        party = self.parties[name]
        if party.tracks:
            id_ = party.tracks.pop()
            document = mutation("deleteTracks", "... on DeleteTracksPayload { deletedIds }")
            deleted = self.data(name, document, i={"ids": [id_]})["deleteTracks"]
            assert deleted == {"deletedIds": [id_]}

    @rule(name=WHO)
    def invite(self, name: str) -> None:
        party = self.parties[name]
        address = f"{party.word}-{party.members}@{party.word}.example"
        given = {"email": address, "role": "VIEWER", "name": party.word}
        invited = self.data(name, INVITE, i=given)["inviteMember"]
        assert invited["member"]["email"] == address
        party.ids.append(invited["member"]["id"])
        party.members += 1

    @rule(name=WHO)
    def read_everything(self, name: str) -> None:
        party = self.parties[name]
        data = self.data(name, EVERYTHING)
        assert data["tracks"]["totalCount"] == len(party.tracks) == len(data["tracks"]["edges"])
        party.cursors = [edge["cursor"] for edge in data["tracks"]["edges"] + data["artists"]["edges"]]
        tenant = data["viewer"]["tenant"]
        self.must(tenant["members"]["totalCount"] == party.members, "members of another tenant are seen")
        found = [tenant["id"], *(key["id"] for key in tenant["apiKeys"]["nodes"])]
        found += [run["id"] for run in data["runs"]["nodes"]]
        party.ids = list(dict.fromkeys(party.ids + found))

    @rule(name=WHO, other=WHO, kind=KIND, choice=st.integers(0, 1000))
    def read_by_somebody_elses_id(self, name: str, other: str, kind: str, choice: int) -> None:
        ids = self.parties[other].ids_of(kind)
        if name != other and ids:
            theirs = ids[choice % len(ids)]
            for query in (BY_ID, FILTERED):
                self.must(
                    self.answers(name, query, theirs) == self.answers(name, query, nobodys(theirs)),
                    "an id of another tenant is answered unlike one that does not exist",
                )

    @rule(name=WHO, other=WHO, choice=st.integers(0, 1000), what=st.sampled_from(sorted(TOUCH)))
    def touch_by_somebody_elses_id(self, name: str, other: str, choice: int, what: str) -> None:
        ids = self.parties[other].ids_of(TOUCH[what][0])
        if name != other and ids:
            theirs = ids[choice % len(ids)]
            document = mutation(what, "__typename ... on Problem { code message }")
            self.must(
                self.touched(name, document, what, theirs)
                == self.touched(name, document, what, nobodys(theirs)),
                f"{what} with an id of another tenant is answered unlike one that does not exist",
            )

    @rule(name=WHO, other=WHO, choice=st.integers(0, 1000))
    def page_by_somebody_elses_cursor(self, name: str, other: str, choice: int) -> None:
        if cursors := self.parties[other].cursors:
            cursor = cursors[choice % len(cursors)]
            query = "query ($c: String) { tracks(first: 50, after: $c) { totalCount nodes { title } } }"
            self.ask(name, query, sent=cursor, c=cursor)

    @rule(name=WHO, other=WHO)
    def search(self, name: str, other: str) -> None:
        word = self.parties[other].word
        data = self.data(name, SEARCHES, sent=word if name != other else "", q=word)
        if name != other:
            self.must(data["words"]["totalCount"] == 0, "a search counts rows of another tenant")

    @rule(name=WHO, other=WHO, choice=st.integers(0, 1000))
    def recommend_by_somebody_elses_track(self, name: str, other: str, choice: int) -> None:
        if name != other and (tracks := self.parties[other].tracks):
            theirs = tracks[choice % len(tracks)]
            query = "query ($id: ID!) { recommendTracks(seeds: [$id]) { edges { score node { title } } } }"
            self.must(
                self.answers(name, query, theirs) == self.answers(name, query, nobodys(theirs)),
                "a track of another tenant is answered unlike one that does not exist",
            )

    @rule(name=WHO)
    def follow_trends(self, name: str) -> None:
        series = self.data(name, TRENDS)["tracks"]
        told = sum(point["tracks"] for trend in series for point in trend["points"])
        self.must(told == len(self.parties[name].tracks), "a trend counts tracks of another tenant")

    @rule(name=WHO, other=WHO)
    def follow_events(self, name: str, other: str) -> None:
        """From the beginning, and behind a cursor that may be another's: whatever comes is one's own."""
        query = """subscription { analysisEvents(after: "0-0") { __typename
          ... on AnalysisCompleted { analysis { track { title } } } ... on RunFinished { run { id } }
          ... on TrendsChanged { changes { metric from to } } } }"""
        headers = {"Authorization": f"Bearer {self.parties[name].key}", "Accept": "text/event-stream"}
        heard = ""
        with (
            self.http.stream("POST", "/graphql", json={"query": query}, headers=headers, timeout=0.3) as r,
            pytest.raises(httpx.ReadTimeout),
        ):
            for text in r.iter_text():
                heard += text
        for party in self.parties.values():
            if party is not self.parties[name]:
                found = party.word in heard or any(id_ in heard for id_ in party.ids)
                self.must(not found, "events of another tenant are heard")

    @invariant()
    def nobody_has_taken_over_anything(self) -> None:
        for name, party in self.parties.items():
            data = self.data(name, "{ tracks(first: 100) { totalCount nodes { title } } }")["tracks"]
            own = all(node["title"].startswith(party.word) for node in data["nodes"])
            self.must(own and data["totalCount"] == len(party.tracks), "a tenant's rows were changed")

    def must(self, holds: bool, leak: str) -> None:
        if not holds:
            self.leaks.append(leak)
            raise AssertionError(leak)

    def answers(self, name: str, query: str, id_: str) -> Any:
        return normal(self.ask(name, query, sent=id_, id=id_), id_)

    def touched(self, name: str, document: str, what: str, id_: str) -> Any:
        return normal(self.ask(name, document, sent=id_, i=TOUCH[what][1](id_)), id_)


# The machine works in a thread of its own. What the service's loop draws meanwhile, such as how long it waits
# before it tries again, looks to Hypothesis as if a strategy had used `random`.
beside_the_loop = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")


async def together(service: Service, database: Database) -> type[Together]:
    parties: dict[str, Party] = {}
    for name in NAMES:
        secret = word()
        tenant = await new_tenant(database, secret)
        parties[name] = Party(tenant, await new_key(database, tenant), secret)
    return type("Here", (Together,), {"url": service.url, "parties": parties, "leaks": []})


def run(machine: type[Together], examples: int) -> None:
    options = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # rows stay from one sequence to the next, so none can be made shorter
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=options)


@beside_the_loop
async def test_nothing_of_one_tenant_reaches_another(service: Service, database: Database) -> None:
    machine = await together(service, database)
    await asyncio.to_thread(run, machine, EXAMPLES)
    assert machine.leaks == []


@pytest_asyncio.fixture
async def unprotected(
    postgres_server: PostgresServer, valkey_server: ValkeyServer, database_url: str
) -> AsyncIterator[tuple[Service, Database]]:
    """A service on a database whose policies are switched off."""
    owner_url = await postgres_server.ensure_database("unprotected")
    await migrate(owner_url)
    owner = await asyncpg.connect(owner_url)
    for row in await owner.fetch("select tablename from pg_policies where policyname = 'tenant_isolation'"):
        await owner.execute(f"alter table {row[0]} disable row level security")
    await owner.close()
    url = f"postgresql://{LOGIN}:{PASSWORD}@127.0.0.1:{postgres_server.port}/unprotected"
    database = Database(url)
    async with serving(url, valkey_server.url) as service:
        yield service, database
    await database.close()


@beside_the_loop
async def test_without_policies_it_would_be_noticed(unprotected: tuple[Service, Database]) -> None:
    service, database = unprotected
    machine = await together(service, database)
    try:
        await asyncio.to_thread(run, machine, 60)  # far more than it takes, so that chance hides no leak
    except Exception:  # what it raises depends on whether the same leak shows when it is tried again
        if not machine.leaks:
            raise
    assert machine.leaks
