"""A full disk gets its name, whichever step meets it."""

import errno
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from app.embedded.errors import DiskFull
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey


def write_forever(file: FileIO, block: bytes) -> None:
    while True:
        file.write(block)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12):
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                write_forever(ballast, b"\0" * size)


async def test_no_room_for_a_cluster(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(16)
    with pytest.raises(DiskFull, match="is full"):
        await EmbeddedPostgres(disk / "postgres").start()
    assert not (disk / "postgres" / "pgdata").exists()


async def test_initdb_runs_out_of_room(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = small_disk(24)
    monkeypatch.setattr("app.embedded.cluster._NEEDED_BYTES", 0)  # as if another program filled it meanwhile
    with pytest.raises(DiskFull):
        await EmbeddedPostgres(disk / "postgres").start()
    assert sorted(path.name for path in (disk / "postgres").iterdir() if path.name.startswith("pgdata")) == []


async def test_servers_that_find_their_disk_full(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(128)
    for server in (EmbeddedPostgres(disk / "postgres"), EmbeddedValkey(disk / "valkey")):
        await server.start()
        assert await server.stop() == 0
    fill(disk)
    with pytest.raises(DiskFull):
        await EmbeddedPostgres(disk / "postgres").start()
    with pytest.raises(DiskFull):
        await EmbeddedValkey(disk / "valkey").start()
    (disk / "ballast").unlink()
    async with EmbeddedPostgres(disk / "postgres") as postgres, EmbeddedValkey(disk / "valkey") as valkey:
        assert not postgres.attached
        assert not valkey.attached
