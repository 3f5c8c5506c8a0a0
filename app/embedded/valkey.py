"""The embedded Valkey behind `rap-analyzer up` and the tests."""

import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.embedded import binaries
from app.embedded.errors import PasswordRejected
from app.embedded.files import kept_password, write_private
from app.embedded.ports import LOOPBACK
from app.embedded.process import ServerProcess
from app.embedded.server import EmbeddedServer, RunningServer

_CONNECT_SECONDS = 5.0

# `dir .` is data_dir, the process's own: no path to quote. Quotas and streams must never be evicted.
_CONFIG = """\
bind {host}
port {port}
requirepass {password}
daemonize no
dir .
logfile ""
save ""
appendonly {appendonly}
appendfsync everysec
maxmemory-policy noeviction
tcp-backlog 128
"""


@dataclass(frozen=True, slots=True)
class ValkeyServer(RunningServer):
    """A Valkey that answers; `attached` says that another process owns it."""

    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """redis:// URL of database 0."""
        return f"redis://:{quote(self.password)}@{LOOPBACK}:{self.port}/0"


class EmbeddedValkey(EmbeddedServer[ValkeyServer]):
    """Valkey on 127.0.0.1 with a password; see EmbeddedServer for the rest.

    In `data_dir`: appendonlydir/, valkey.conf and password (0600), port, pid, lock, server.log. The
    append-only file is synced every second: kill -9 loses nothing, a power cut up to a second.
    `durable=False` keeps nothing on disk.
    """

    program: ClassVar[str] = "Valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    async def _prepare(self) -> None:
        kept_password(self.password_file)

    def _spawn(self, port: int) -> ServerProcess:
        # The password goes through the file: a command line is public.
        config = _CONFIG.format(
            host=LOOPBACK,
            port=port,
            password=kept_password(self.password_file),
            appendonly="yes" if self.durable else "no",
        )
        write_private(self.data_dir / "valkey.conf", config)
        return ServerProcess(
            [str(binaries.valkey_binary()), "valkey.conf"],
            cwd=self.data_dir,
            log_path=self.log_path,
            stop_signal=self.stop_signal,
        )

    async def _answers(self, port: int) -> bool:
        client = Redis(
            host=LOOPBACK,
            port=port,
            password=kept_password(self.password_file),
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),  # our own loop asks again, and sooner
        )
        try:
            return bool(await client.ping())
        except exceptions.AuthenticationError as error:
            raise PasswordRejected(self.program, self.password_file) from error
        except (exceptions.RedisError, OSError):
            return False  # not listening yet, or loading its data
        finally:
            await client.aclose()

    def _describe(self, port: int, pid: int, attached: bool) -> ValkeyServer:
        return ValkeyServer(port, pid, attached, kept_password(self.password_file))

    def _working_dir(self) -> Path:
        return self.data_dir
