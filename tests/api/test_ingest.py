"""Songs as a stream: what is said to be stored is, whatever becomes of the rest."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from api import ids
from app.http.ingest import body as bodies
from app.http.ingest import stream as streams
from tenancy.database import Database
from tests.api.ingesting import PATIENCE, entry, lines, post, streaming, told
from tests.builders import Tenant, new_key, new_tenant
from tests.integration.events.helpers import until
from tests.service import Service

RUN = "query ($id: ID!) { run(id: $id) { status progress { total completed failed } } }"


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def titles(database: Database, tenant: Tenant) -> list[str]:
    async with database.reading(tenant.id) as connection:
        return [row[0] for row in await connection.fetch("select title from tracks order by id")]


async def run_of(database: Database, tenant: Tenant, run: str) -> Any:
    parts = ids.split(run)
    assert parts is not None
    async with database.reading(tenant.id) as connection:
        return await connection.fetchrow("select * from runs where id = $1", parts[1])


async def test_songs_are_stored_analysed_and_added_once(
    service: Service, database: Database, tenant: Tenant
) -> None:
    songs = [entry() for _ in range(230)]
    answer = told(await post(service, tenant.key, lines(songs), "/ingest?analyze=true"))
    end = answer[-1]
    assert (end["done"], end["through"], end["added"], end["present"], end["rejected"]) == (
        True,
        230,
        230,
        0,
        0,
    )
    assert [line["through"] for line in answer] == sorted(line["through"] for line in answer)
    assert await titles(database, tenant) == [song["title"] for song in songs]

    async def ended() -> bool:
        run = (await service.data(tenant.key, RUN, id=end["run"]))["run"]
        return bool(run["status"] == "COMPLETED")

    await until(ended)
    run = (await service.data(tenant.key, RUN, id=end["run"]))["run"]
    assert run["progress"] == {"total": 230, "completed": 230, "failed": 0}
    again = told(await post(service, tenant.key, lines([*songs, entry()]), "/ingest?analyze=true"))[-1]
    assert (again["added"], again["present"]) == (1, 230)
    assert again["run"] != end["run"]
    assert "run" not in told(await post(service, tenant.key, lines(songs)))[-1]


async def test_a_client_that_goes_loses_only_what_it_was_not_told_of(
    service: Service, database: Database, tenant: Tenant
) -> None:
    songs = [entry() for _ in range(250)]
    async with streaming(service, tenant.key, "/ingest?analyze=true") as stream:
        await stream.send(lines(songs[:220]))
        while (heard := await stream.hear())["through"] < 200:
            pass
        await stream.send(lines(songs[220:])[:-40])  # in the midst of a line
    stored = await titles(database, tenant)
    assert heard["added"] <= len(stored)
    assert stored[: heard["through"]] == [song["title"] for song in songs[: heard["through"]]]

    async def sealed() -> bool:
        return (await run_of(database, tenant, heard["run"]))["filling_until"] is None

    await until(sealed)
    end = told(await post(service, tenant.key, lines(songs)))[-1]
    assert end["added"] + end["present"] == 250
    assert sorted(await titles(database, tenant)) == sorted(song["title"] for song in songs)


async def test_a_slow_source_is_answered_line_by_line_and_its_run_waits(
    service: Service, database: Database, tenant: Tenant
) -> None:
    async with streaming(service, tenant.key, "/ingest?analyze=true") as stream:
        for number in (1, 2):
            await stream.send(lines([entry()]))
            heard = await stream.hear()
            assert (heard["through"], heard["added"]) == (number, number)

            async def analysed(number: int = number, run: str = heard["run"]) -> bool:
                return bool((await run_of(database, tenant, run))["completed"] == number)

            await until(analysed)
            assert (await run_of(database, tenant, heard["run"]))["finished_at"] is None
        await stream.finish()
        assert (await stream.hear())["done"] is True

    async def ended() -> bool:
        return bool((await run_of(database, tenant, heard["run"]))["status"] == "COMPLETED")

    await until(ended)


async def test_bad_lines_are_named_and_the_others_stored(
    service: Service, database: Database, tenant: Tenant
) -> None:
    good = [entry(), entry()]
    bad: list[Any] = [
        b"{",
        [1],
        entry(title=""),
        entry(popularity="x"),
        b'{"title": "\xff"}',
        entry(artist=7),
    ]
    *rejected, end = told(await post(service, tenant.key, lines([good[0], *bad, b"", good[1]])))
    rejected = [line for line in rejected if "line" in line]
    assert [line["line"] for line in rejected] == [2, 3, 4, 5, 6, 7]
    assert {line["code"] for line in rejected} == {"BAD_USER_INPUT"}
    assert [line.get("field") for line in rejected] == [None, None, "title", "popularity", None, "artist"]
    assert (end["through"], end["added"], end["rejected"], end["done"]) == (9, 2, 6, True)
    assert len(await titles(database, tenant)) == 2


async def test_of_very_many_bad_lines_the_first_are_named(service: Service, tenant: Tenant) -> None:
    *rejected, end = told(await post(service, tenant.key, b"{\n" * (streams.TOLD + 500)))
    assert sum("line" in line for line in rejected) == streams.TOLD
    assert (end["rejected"], end["untold"]) == (streams.TOLD + 500, 500)


async def test_a_song_is_known_by_what_others_call_it(
    service: Service, database: Database, tenant: Tenant
) -> None:
    first = entry(isrc="QZ1234567890")
    mended = {**first, "lyrics": f"{first['lyrics']}\nA line more"}
    other = entry(external_ids={"spotify": "abc"})
    twin = entry(spotify_id="abc")
    assert told(await post(service, tenant.key, lines([first])))[-1]["added"] == 1
    end = told(await post(service, tenant.key, lines([mended, other, twin, entry()])))[-1]
    assert (end["added"], end["present"]) == (2, 2)
    assert (await titles(database, tenant))[:2] == [first["title"], other["title"]]


async def test_compressed_streams_of_one_or_more_members(
    service: Service, database: Database, tenant: Tenant
) -> None:
    data = lines([entry() for _ in range(30)])
    packed = gzip.compress(data[:1001]) + gzip.compress(data[1001:])
    end = told(await post(service, tenant.key, packed, **{"Content-Encoding": "gzip"}))[-1]
    assert (end["added"], end["done"]) == (30, True)


@pytest.mark.parametrize(
    ("body", "encoding", "says", "added"),
    [
        (gzip.compress(lines([entry() for _ in range(500)]))[:-2000], "gzip", "cut short", None),
        (lines([entry()]), "gzip", "damaged", 0),
        (gzip.compress(b"\n" * 100_000_000), "gzip", "hundred times", 0),
        ("{}\n".encode("utf-16"), "identity", "UTF-16", 0),
    ],
    ids=["cut", "no gzip", "bomb", "utf-16"],
)
async def test_what_cannot_be_read_ends_the_stream_with_what_is_stored(
    service: Service,
    database: Database,
    tenant: Tenant,
    body: bytes,
    encoding: str,
    says: str,
    added: int | None,
) -> None:
    end = told(await post(service, tenant.key, body, **{"Content-Encoding": encoding}))[-1]
    assert end["error"]["code"] == "UNREADABLE"
    assert says in end["error"]["message"]
    assert "done" not in end
    assert end["added"] == len(await titles(database, tenant))
    assert added is None or end["added"] == added
    assert added == 0 or end["added"] > 100


async def test_nothing_for_minutes_ends_the_stream(
    service: Service, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.1)
    async with streaming(service, tenant.key) as stream:
        await stream.send(lines([entry()]))
        while "error" not in (heard := await stream.hear()):
            pass
        assert (heard["error"]["code"], heard["added"]) == ("UNREADABLE", 1)


async def test_nothing_is_read_while_nothing_can_be_stored(
    service: Service, database: Database, owner_url: str, tenant: Tenant
) -> None:
    long = "la " * 50_000
    song = lines([entry(lyrics=f"{long}{n}") for n in range(40)])
    locking = await asyncpg.connect(owner_url)
    sent = 0
    try:
        async with streaming(service, tenant.key) as stream:
            await locking.execute("begin; lock table artists in access exclusive mode")
            with pytest.raises(TimeoutError):
                # Far more than sockets hold: the client is kept waiting.
                async with asyncio.timeout(5):
                    while sent < 200_000_000:
                        await stream.send(song)
                        sent += len(song)
            assert 0 < sent < 100_000_000
            await locking.execute("rollback")
            async with asyncio.timeout(PATIENCE):
                await stream.send(song)
    finally:
        await locking.close()


async def test_tenants_stay_apart(service: Service, database: Database, tenant: Tenant) -> None:
    other = await new_tenant(database)
    theirs = Tenant(other, key=await new_key(database, other))
    song = entry(isrc="QZ0000000001")
    assert told(await post(service, tenant.key, lines([song])))[-1]["added"] == 1
    # Neither the same words nor the same names are known to another tenant.
    assert told(await post(service, theirs.key, lines([song]), "/ingest?analyze=true"))[-1]["added"] == 1
    assert await titles(database, tenant) == await titles(database, theirs) == [song["title"]]
    assert await only_track(database, tenant) != await only_track(database, theirs)


async def only_track(database: Database, tenant: Tenant) -> UUID:
    async with database.reading(tenant.id) as connection:
        return UUID(str(await connection.fetchval("select id from tracks")))
