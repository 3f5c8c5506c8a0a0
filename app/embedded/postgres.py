"""The embedded Postgres (18, with pgvector) behind `rap-analyzer up` and the tests."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import asyncpg

from app.embedded import binaries, diagnosis
from app.embedded.cluster import SUPERUSER, Cluster
from app.embedded.errors import CpuNotSupported, DiskFull, PasswordRejected
from app.embedded.files import kept_password, write_private
from app.embedded.ports import LOOPBACK
from app.embedded.process import ServerProcess, works_in
from app.embedded.server import EmbeddedServer, RunningServer

_CONNECT_SECONDS = 5.0
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

# Rolled back: it proves that the processor runs pgvector's code and leaves nothing.
_HNSW_QUERY = """
    CREATE SCHEMA hnsw_check;
    CREATE EXTENSION vector SCHEMA hnsw_check;
    SET LOCAL search_path = hnsw_check;
    CREATE TABLE points (at vector(16));
    INSERT INTO points SELECT array_fill(n::real, ARRAY[16])::vector FROM generate_series(1, 64) AS n;
    CREATE INDEX ON points USING hnsw (at vector_l2_ops);
    SET LOCAL enable_seqscan = off;
    SELECT at FROM points ORDER BY at <-> array_fill(7::real, ARRAY[16])::vector LIMIT 1;
"""


@dataclass(frozen=True, slots=True)
class PostgresServer(RunningServer):
    """A Postgres that answers; `attached` says that another process owns it."""

    password: str = field(repr=False)

    def url(self, database: str) -> str:
        """postgresql:// URL of that database as the superuser, who bypasses row-level security."""
        path = quote(database, safe="")
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@{LOOPBACK}:{self.port}/{path}"

    @property
    def superuser_url(self) -> str:
        """url() of the maintenance database `postgres`."""
        return self.url("postgres")

    async def ensure_database(self, name: str) -> str:
        """Create the database unless it exists, and return its url(); safe against a concurrent caller."""
        connection = await _connect(self)
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                quoted = '"' + name.replace('"', '""') + '"'
                # A concurrent caller may be first.
                with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                    await connection.execute(f"CREATE DATABASE {quoted}")
        finally:
            await connection.close()
        return self.url(name)


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
            connection = await _connect(self._describe(port, 0, attached=False))
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
            raise PasswordRejected(self.program, self.password_file) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False  # not listening yet, or recovering; TimeoutError is an OSError
        try:
            return bool(await connection.fetchval("SELECT 1") == 1)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            await connection.close(timeout=_CONNECT_SECONDS)

    async def _first_use(self, process: ServerProcess, port: int) -> None:
        """Run one HNSW query per build and processor: the wheel's code needs x86-64-v3."""
        build = f"{binaries.postgres_version()} on {_processor()}\n"
        if self._checked_file.exists() and self._checked_file.read_text() == build:
            return
        try:
            connection = await _connect(self._describe(port, 0, attached=False))
            try:
                transaction = connection.transaction()
                await transaction.start()
                await connection.execute(_HNSW_QUERY)
                await transaction.rollback()
            finally:
                await connection.close(timeout=_CONNECT_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
            if isinstance(error, asyncpg.DiskFullError):
                raise DiskFull(self.data_dir) from error
            await asyncio.sleep(0.2)  # the postmaster logs the signal that killed the backend after we notice
            if diagnosis.died_of_sigill(process):
                raise CpuNotSupported(self.program) from error
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


async def _connect(server: PostgresServer) -> asyncpg.Connection:
    # ssl=False: else asyncpg looks for keys in the home directory, and fails where that is closed to it.
    return await asyncpg.connect(server.superuser_url, timeout=_CONNECT_SECONDS, ssl=False)


def _shared_memory() -> dict[str, str]:
    # Containers get 64 MB of /dev/shm, which one parallel index build overflows.
    try:
        shm = os.statvfs("/dev/shm")  # noqa: S108
    except OSError:
        return {}
    small = shm.f_bavail * shm.f_frsize < _SMALL_SHM_BYTES
    return {"dynamic_shared_memory_type": "mmap"} if small else {}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return os.uname().machine
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else os.uname().machine
