"""The files of a Postgres cluster: made by initdb in one step, owned by the user that runs the server."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded import binaries, diagnosis
from app.embedded.errors import DiskFull, NoUnprivilegedUser
from app.embedded.files import write_private
from app.embedded.process import ServerProcess
from app.embedded.users import ServerUser

SUPERUSER = "rap_analyzer_owner"
_NEEDED_BYTES = 64 << 20  # initdb leaves 39 MB; the first start and our schema want some more
_INITDB_SECONDS = 120.0


class Cluster:
    """`pgdata` below the server's directory.

    As root, the server's user need not be able to reach it by name: a home directory and mktemp's are
    closed to others, and opening them isn't ours to do. That user is handed the open folder instead and
    knows it as /proc/self/fd/N, which the kernel follows without asking its parents.
    """

    def __init__(self, parent: Path, log_path: Path) -> None:
        self.path = parent / "pgdata"
        self._parent = parent
        self._log_path = log_path

    def user(self) -> ServerUser | None:
        """Who runs the server: for root the owner of an existing cluster, else as ServerUser.current()."""
        if os.geteuid() == 0 and self.path.exists() and (owner := self.path.stat()).st_uid != 0:
            return ServerUser(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
        return ServerUser.current()

    @contextmanager
    def handed_over(self, path: Path, user: ServerUser | None) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The name that a child run by `user` has for the path, and the descriptors to pass for it."""
        if user is None or not Path("/proc/self/fd").exists():
            yield str(path), ()
            return
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{fd}", (fd,)
        finally:
            os.close(fd)

    async def create(self, password: str, *, durable: bool) -> None:
        """Run initdb unless the cluster exists; a later call clears up after one that was killed."""
        if self.path.exists():
            return
        if shutil.disk_usage(self._parent).free < _NEEDED_BYTES:
            raise DiskFull(self._parent)
        user = self.user()
        folder = binaries.postgres_bin(user)
        scratch = self._parent / "pgdata.new"
        pwfile = self._parent / "password.initdb"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        try:
            if user is not None:
                _give(scratch, user)
            # initdb wants the password in a file that its user can read, so it gets a passing copy.
            write_private(pwfile, password + "\n")
            if user is not None:
                _give(pwfile, user)
            with (
                self.handed_over(scratch, user) as (name, fds),
                self.handed_over(pwfile, user) as (pwname, pwfds),
            ):
                initdb = ServerProcess(
                    [
                        str(folder / "initdb"),
                        f"--pgdata={name}",
                        f"--username={SUPERUSER}",
                        f"--pwfile={pwname}",
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C",
                        *([] if durable else ["--no-sync"]),
                    ],
                    cwd=Path("/"),
                    log_path=self._log_path,
                    stop_signal=signal.SIGINT,
                    user=user,
                    pass_fds=(*fds, *pwfds),
                )
            try:
                if await initdb.wait(_INITDB_SECONDS) != 0:
                    raise diagnosis.of_process("Postgres", initdb, self._parent)
            finally:
                await initdb.stop()
            scratch.rename(self.path)
        finally:
            pwfile.unlink(missing_ok=True)
            shutil.rmtree(scratch, ignore_errors=True)


def _give(path: Path, user: ServerUser) -> None:
    try:
        os.chown(path, user.uid, user.gid)
    except OSError as error:  # rootless containers map few users; some network disks have no owners
        raise NoUnprivilegedUser(f"{path} can't be given to {user.name}: {error.strerror}") from error
