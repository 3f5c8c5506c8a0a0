from __future__ import annotations

import asyncio
import csv
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.integration.cli.conftest import Cli

SONGS = Path(__file__).resolve().parents[4] / "shared" / "data" / "songs.jsonl.gz"


def song(number: int, **values: Any) -> dict[str, Any]:
    words = f"we walk along the river number {number}\nand never see the morning come again"
    return {"title": f"Song {number}", "artist": "Ada Stone", "lyrics": words} | values


def written(path: Path, lines: Iterable[Any]) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def count(url: str, slug: str, table: str) -> int:
    """Rows of the tenant, counted by the superuser: row-level security can't hide a mistake here."""

    async def ask() -> int:
        connection = await asyncpg.connect(url)
        try:
            found = await connection.fetchval(
                f"select count(*) from {table} x join tenants t on t.id = x.tenant_id where t.slug = $1", slug
            )
            return int(found)
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def slugs() -> list[str]:
    return []


@pytest.fixture
def tenant(cli: Cli, slugs: list[str]) -> str:
    slug = f"import-{len(slugs)}"
    slugs.append(slug)
    assert cli("tenants", "create", slug).status == 0
    return slug


def test_the_same_file_twice_adds_nothing(cli: Cli, owner_url: str, tenant: str, tmp_path: Path) -> None:
    file = written(tmp_path / "songs.jsonl.gz", (song(n) for n in range(25)))
    first = cli("import", str(file), "--tenant", tenant, "--batch", "10")
    assert first.status == 0
    assert first.out.startswith(f"25 songs added to {tenant} and queued for analysis, 0 there already, 0 rej")
    second = cli("import", str(file), "--tenant", tenant)
    assert second.out.startswith(f"0 songs added to {tenant}, 25 there already, 0 rejected")
    assert count(owner_url, tenant, "tracks") == 25
    assert count(owner_url, tenant, "runs") == 1
    assert count(owner_url, tenant, "run_items") == 25


def test_an_import_that_broke_off_goes_on(cli: Cli, owner_url: str, tenant: str, tmp_path: Path) -> None:
    cut = gzip.compress(b"".join(json.dumps(song(n)).encode() + b"\n" for n in range(3000)))
    file = tmp_path / "songs.jsonl.gz"
    file.write_bytes(cut[: len(cut) // 2])
    broken = cli("import", str(file), "--tenant", tenant, "--no-analyze", "--batch", "500")
    assert broken.status == 0
    assert "1 rejected" in broken.out
    there = count(owner_url, tenant, "tracks")
    assert 0 < there < 3000
    file.write_bytes(cut)
    whole = cli("import", str(file), "--tenant", tenant, "--no-analyze", "--batch", "500")
    assert whole.out.startswith(f"{3000 - there:,} songs added to {tenant}, {there:,} there already")
    assert count(owner_url, tenant, "tracks") == 3000
    assert file.with_name("songs.jsonl.gz.rejected.jsonl").read_bytes() == b""  # mended since


def test_bad_lines_are_reported_and_the_rest_is_kept(
    cli: Cli, owner_url: str, tenant: str, tmp_path: Path
) -> None:
    bad = ["{", "[]", song(90, popularity=500), song(91, lyrics=""), song(92, release_date="once, long ago")]
    file = written(tmp_path / "songs.jsonl", [song(1), *bad, song(2)])
    outcome = cli("import", str(file), "--tenant", tenant, "--no-analyze")
    assert outcome.status == 0
    assert "2 songs added" in outcome.out
    assert "5 rejected" in outcome.out
    report = tmp_path / "songs.jsonl.rejected.jsonl"
    assert str(report) in outcome.err
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["line"] for line in lines] == [2, 3, 4, 5, 6]
    assert [line["field"] for line in lines] == [None, None, "popularity", "lyrics", "release_date"]
    assert all(line["reason"] for line in lines)
    assert "river" not in report.read_text() + outcome.err
    assert count(owner_url, tenant, "tracks") == 2
    assert count(owner_url, tenant, "runs") == 0


def test_csv_with_all_columns(cli: Cli, owner_url: str, tenant: str, tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        table = csv.writer(out)
        table.writerow(["Title", "Artist", "Lyrics", "Album", "Release Date", "Tags", "ISRC", "BPM"])
        table.writerow(
            ["Дождь", "Ада", "дождь идёт\nи идёт опять", "Вода", "2001-03", "rain; city", "XX123", "92"]
        )
    assert "1 songs added" in cli("import", str(file), "--tenant", tenant, "--no-analyze").out

    async def ask() -> Any:
        connection = await asyncpg.connect(owner_url)
        try:
            return await connection.fetchrow(
                "select k.*, l.text, e.value from tracks k join tenants t on t.id = k.tenant_id"
                " join lyrics l on l.track_id = k.id join external_ids e on e.track_id = k.id"
                " where t.slug = $1",
                tenant,
            )
        finally:
            await connection.close()

    row = asyncio.run(ask())
    assert (row["title"], row["album"], str(row["released_on"])) == ("Дождь", "Вода", "2001-03-01")
    assert json.loads(row["tags"]) == ["rain", "city"]
    assert json.loads(row["metadata"]) == {"BPM": "92"}
    assert (row["text"], row["value"], row["language"]) == ("дождь идёт\nи идёт опять", "XX123", "ru")


def test_tenants_do_not_share_songs(cli: Cli, owner_url: str, tenant: str, tmp_path: Path) -> None:
    cli("tenants", "create", "neighbour")
    file = written(tmp_path / "songs.jsonl", [song(1)])
    for slug in (tenant, "neighbour"):
        assert "1 songs added" in cli("import", str(file), "--tenant", slug, "--no-analyze").out
        assert count(owner_url, slug, "tracks") == 1


@pytest.mark.parametrize("lines", [[], ["{", "[]"], ["", "  "]])
def test_nothing_that_could_be_read_is_status_1(
    cli: Cli, tenant: str, tmp_path: Path, lines: list[str]
) -> None:
    outcome = cli("import", str(written(tmp_path / "songs.jsonl", lines)), "--tenant", tenant)
    assert outcome.status == 1
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("name", "told"),
    [("none.jsonl", "There is no file"), ("songs.doc", "Rename or convert"), ("a.csv", "no column title")],
)
def test_files_that_can_not_be_imported(cli: Cli, tenant: str, tmp_path: Path, name: str, told: str) -> None:
    if name != "none.jsonl":
        (tmp_path / name).write_text("x\n")
    outcome = cli("import", str(tmp_path / name), "--tenant", tenant)
    assert outcome.status == 1
    assert told in outcome.err


def test_unknown_tenant(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("import", str(written(tmp_path / "songs.jsonl", [song(1)])), "--tenant", "nobody")
    assert outcome.status == 1
    assert "There is no tenant 'nobody'" in outcome.err


def test_a_report_that_can_not_be_written(cli: Cli, tenant: str, tmp_path: Path) -> None:
    file = written(tmp_path / "songs.jsonl", ["{"])
    outcome = cli("import", str(file), "--tenant", tenant, "--report", str(tmp_path / "no" / "such.jsonl"))
    assert outcome.status == 1
    assert "Choose another place with --report" in outcome.err


@pytest.mark.parametrize("lines", [["{"], []])
def test_a_report_never_takes_the_place_of_the_input(
    cli: Cli, tenant: str, tmp_path: Path, lines: list[str]
) -> None:
    file = written(tmp_path / "songs.jsonl", [song(1), *lines])
    before = file.read_bytes()
    outcome = cli("import", str(file), "--tenant", tenant, "--report", str(file))
    assert outcome.status == 1
    assert "is the input itself" in outcome.err
    assert file.read_bytes() == before
    assert cli("import", str(file), "--tenant", tenant, "--report", str(tmp_path)).status == 1


def test_a_report_of_mended_lines_is_empty(cli: Cli, tenant: str, tmp_path: Path) -> None:
    file, report = tmp_path / "songs.jsonl", tmp_path / "report.jsonl"
    for lines, rejected in (([song(1), "{"], 1), ([song(1)], 0)):
        cli("import", str(written(file, lines)), "--tenant", tenant, "--report", str(report))
        assert len(report.read_text().splitlines()) == rejected


@pytest.mark.skipif(not SONGS.exists(), reason="the shared songs are not here")
def test_real_songs(cli: Cli, owner_url: str, tenant: str, tmp_path: Path) -> None:
    with gzip.open(SONGS, "rt", encoding="utf-8") as lines:
        file = written(tmp_path / "songs.jsonl", [line.rstrip("\n") for line, _ in zip(lines, range(100))])  # noqa: B905
    outcome = cli("import", str(file), "--tenant", tenant)
    assert "100 songs added" in outcome.out
    assert count(owner_url, tenant, "run_items") == 100
