"""The embedded Postgres (18, with pgvector) behind `rap-analyzer up` and the tests."""

import asyncio
import os
import signal
from pathlib import Path
from typing import ClassVar

import asyncpg

from app.embedded import binaries, diagnosis, hnsw
from app.embedded.cluster import Cluster
from app.embedded.errors import PasswordRejected
from app.embedded.files import kept_password, write_private
from app.embedded.ports import LOOPBACK
from app.embedded.postgres_server import CONNECT_SECONDS, PostgresServer
from app.embedded.process import ServerProcess, works_in
from app.embedded.server import EmbeddedServer

__all__ = ["EmbeddedPostgres", "PostgresServer"]

_SMALL_SHM_BYTES = 256 << 20

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "jit": "off",  # our statements are short; compiling one costs more than running it
    "random_page_cost": "1.1",  # SSDs
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Details and failed statements can quote values of rows, and lyrics never go to logs.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class EmbeddedPostgres(EmbeddedServer[PostgresServer]):
    """Postgres on 127.0.0.1, scram-sha-256, superuser rap_analyzer_owner; see EmbeddedServer for the rest.

    In `data_dir`: pgdata/, password (0600), port, pid, lock, server.log. As root the server runs as
    `postgres`, else `nobody`; the app's own user otherwise.
    """

    program: ClassVar[str] = "Postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": ends sessions, then a clean checkpoint

    def __init__(
        self, data_dir: Path, *, port: int | None = None, durable: bool = True, timeout: float = 60.0
    ) -> None:
        super().__init__(data_dir, port=port, durable=durable, timeout=timeout)
        self._cluster = Cluster(self.data_dir, self.log_path)
        self._checked_file = self.data_dir / "checked"

    async def _prepare(self) -> None:
        await self._cluster.create(kept_password(self.password_file), durable=self.durable)
        self._drop_stale_pid_file()

    def _spawn(self, port: int) -> ServerProcess:
        user = self._cluster.user()
        settings = _SETTINGS | ({} if self.durable else _NOT_DURABLE) | _shared_memory()
        with self._cluster.handed_over(self._cluster.path, user) as (name, fds):
            return ServerProcess(
                [
                    str(binaries.postgres_bin(user) / "postgres"),
                    "-D",
                    name,
                    "-p",
                    str(port),
                    *(f"--{key}={value}" for key, value in settings.items()),
                ],
                cwd=Path("/"),
                log_path=self.log_path,
                stop_signal=self.stop_signal,
                user=user,
                pass_fds=fds,
            )

    async def _answers(self, port: int) -> bool:
        try:
            connection = await self._describe(port, 0, attached=False).connect()
            try:
                return bool(await connection.fetchval("SELECT 1") == 1)
            finally:
                await connection.close(timeout=CONNECT_SECONDS)
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
            raise PasswordRejected(self.program, self.password_file) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False  # not listening yet, or recovering; TimeoutError is an OSError

    async def _first_use(self, process: ServerProcess, port: int) -> None:
        build = f"{binaries.postgres_version()} on {hnsw.processor()}\n"
        if self._checked_file.exists() and self._checked_file.read_text() == build:
            return
        try:
            await hnsw.check(self._describe(port, process.pid, attached=False))
        except hnsw.FAILURES as error:
            await asyncio.sleep(0.2)  # the postmaster logs the signal that killed the backend after we notice
            raise diagnosis.of_process(self.program, process, self.data_dir) from error
        write_private(self._checked_file, build)

    def _describe(self, port: int, pid: int, attached: bool) -> PostgresServer:
        return PostgresServer(port, pid, attached, kept_password(self.password_file))

    def _working_dir(self) -> Path:
        return self._cluster.path

    def _drop_stale_pid_file(self) -> None:
        # After a reboot or in a new container the recorded id may belong to a stranger, and Postgres would
        # take it for a postmaster. We hold the lock, so no server of ours lives.
        stale = self._cluster.path / "postmaster.pid"
        try:
            pid = int(stale.read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        if not works_in(pid, self._cluster.path, "postgres"):
            stale.unlink(missing_ok=True)


def _shared_memory() -> dict[str, str]:
    # Containers get 64 MB of /dev/shm, which one parallel index build overflows.
    try:
        shm = os.statvfs("/dev/shm")  # noqa: S108
    except OSError:
        return {}
    small = shm.f_bavail * shm.f_frsize < _SMALL_SHM_BYTES
    return {"dynamic_shared_memory_type": "mmap"} if small else {}
