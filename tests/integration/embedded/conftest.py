"""Data directories for servers that a test starts itself."""

import asyncio
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A closed (0700) folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def used_postgres() -> Iterator[Path]:
    """A Postgres directory that was started and stopped once: a warm start takes a tenth of a second."""
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as name:
        data_dir = Path(name) / "postgres"
        server = EmbeddedPostgres(data_dir, durable=False)
        asyncio.run(server.start())
        assert asyncio.run(server.stop()) == 0
        yield data_dir


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of so many MiB; skips where that isn't allowed."""
    mounted: list[Path] = []

    def mount(mebibytes: int) -> Path:
        target = folder / "disk"
        target.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(target)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("no mount command: a full disk can't be made")
        if done.returncode != 0:
            pytest.skip(f"a full disk can't be made: {done.stderr.partition(chr(10))[0]}")
        mounted.append(target)
        return target

    yield mount
    for target in mounted:
        subprocess.run(["umount", "--lazy", str(target)], check=True)
