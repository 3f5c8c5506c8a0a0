"""The chart's dump and its drill, and the runbook's way back, with an owner who is no superuser."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from app.embedded.binaries import postgres_bin
from app.embedded.postgres_server import PostgresServer
from app.embedded.users import ServerUser
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.rls import GATE_ROLE
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.migrations.test_homes import OWNER, database, owner_url

__all__ = ["database", "owner_url"]
ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "infra/helm/rap-analyzer/files"
OWNERS = "select proname, proowner::regrole::text from pg_proc where prosecdef order by 1"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the user may write who runs the embedded servers: Postgres refuses to be root."""
    user = ServerUser.current()
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as name:
        for each in (Path(name), Path(name) / "backup", Path(name) / "scratch"):
            each.mkdir(exist_ok=True)
            if user is not None:
                os.chown(each, user.uid, user.gid)
        yield Path(name)


@pytest.fixture
async def backup_url(postgres_server: PostgresServer, owner_url: str) -> AsyncIterator[str]:
    """The same database for the login that docs and the script's own refusal tell to make."""
    superuser = await postgres_server.connect()
    await superuser.execute("create role rap_analyzer_backup login bypassrls password 'only-for-tests'")
    await superuser.execute("grant pg_read_all_data to rap_analyzer_backup")
    yield owner_url.replace(OWNER, "rap_analyzer_backup")
    await superuser.execute("drop role rap_analyzer_backup")
    await superuser.close()


async def run(*command: str | Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    user = ServerUser.current()
    environment = {
        "PATH": f"{postgres_bin(user)}:{os.environ['PATH']}",
        "BACKUP_DIR": str(folder / "backup"),
        "SCRATCH_DIR": str(folder / "scratch"),
        "KEEP_DAYS": "14",
        **more,
    }

    def wait() -> subprocess.CompletedProcess[str]:
        uid = user.uid if user else None
        return subprocess.run(
            command, cwd=folder, env=environment, user=uid, capture_output=True, text=True, timeout=120
        )

    return await asyncio.to_thread(wait)


async def test_what_is_saved_comes_out_of_the_drill(
    folder: Path, backup_url: str, database: Database
) -> None:
    empty = await run("sh", SCRIPTS / "drill.sh", folder=folder)
    assert empty.returncode == 1
    assert "no dump" in empty.stderr
    tenants = [await new_tenant(database) for _ in range(3)]
    for tenant in tenants[:2]:
        await add_tracks(database, tenant, [song()])
    old, part = folder / "backup/rap_analyzer-19990101T000000Z.dump", folder / "backup/other.dump.part"
    for left in (old, part):
        left.write_text("")
        os.utime(left, (0, time.time() - 15 * 86400))
    saved = await run("sh", SCRIPTS / "backup.sh", folder=folder, DATABASE_URL=backup_url)
    assert saved.returncode == 0, saved.stderr
    (dump,) = (folder / "backup").iterdir()  # those of long ago are gone
    assert str(dump) in saved.stdout
    assert "only-for-tests" not in saved.stdout + saved.stderr
    drill = await run("sh", SCRIPTS / "drill.sh", folder=folder)
    assert drill.returncode == 0, drill.stderr
    assert drill.stdout.splitlines()[:2] == ["tenants: 3", "tracks: 2"]


async def test_a_login_that_policies_confine_is_refused_with_what_to_do(folder: Path, owner_url: str) -> None:
    saved = await run("sh", SCRIPTS / "backup.sh", folder=folder, DATABASE_URL=owner_url)
    assert saved.returncode == 1
    assert "create role rap_analyzer_backup login bypassrls" in saved.stderr
    assert list((folder / "backup").iterdir()) == []


async def test_the_runbook_brings_a_dump_back(
    folder: Path, postgres_server: PostgresServer, owner_url: str, backup_url: str, database: Database
) -> None:
    tenants = [await new_tenant(database) for _ in range(2)]
    (track,), key = await add_tracks(database, tenants[0], [song()]), await new_key(database, tenants[0])
    saved = await run("sh", SCRIPTS / "backup.sh", folder=folder, DATABASE_URL=backup_url)
    assert saved.returncode == 0, saved.stderr
    (dump,) = (folder / "backup").iterdir()
    target = await postgres_server.ensure_database("rap_restored")
    inside, outside = await asyncpg.connect(target), await postgres_server.connect()
    try:
        await outside.execute(f"alter database rap_restored owner to {OWNER}")
        runbook = (ROOT / "docs/runbooks/restore.md").read_text()
        (commands,) = re.findall(r"```sh\n(.*?)```", runbook, re.DOTALL)
        lines = "\n".join(line.removeprefix("   ") for line in commands.splitlines())
        done = await run("sh", "-euc", lines, folder=folder, SUPERUSER_URL=target, DUMP=str(dump))
        assert done.returncode == 0, done.stderr
        restored = Database(urlunsplit(urlsplit(owner_url)._replace(path="/rap_restored")))
        principal = await Authenticator(restored).authenticate(f"Bearer {key}")
        assert principal.tenant == tenants[0]
        for tenant in tenants:
            async with restored.reading(tenant) as connection:
                found = await connection.fetch("select id from tracks")
            assert [row["id"] for row in found] == [track] * (tenant == tenants[0])
        await restored.close()
        # Whoever restores a function must not lend it their own rights.
        source = await asyncpg.connect(owner_url)
        assert await inside.fetch(OWNERS) == await source.fetch(OWNERS)
        assert GATE_ROLE in {row["proowner"] for row in await source.fetch(OWNERS)}
        await source.close()
        assert not await inside.fetchval(f"select has_schema_privilege('{GATE_ROLE}', 'public', 'create')")
    finally:
        await inside.close()
        await outside.execute("drop database rap_restored with (force)")
        await outside.close()
