"""What the embedded servers share: one owner a data directory, a kept port, readiness, an orderly end."""

import asyncio
import atexit
import os
import signal
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Generic, TypeVar

from app.embedded import diagnosis
from app.embedded.errors import DataDirInUse, StartTimeout
from app.embedded.files import write_private
from app.embedded.locks import DataDirLock
from app.embedded.ports import KeptPort
from app.embedded.process import ServerProcess, stop_orphan, works_in

_POLL_SECONDS = 0.03
_RETRY_SECONDS = 0.25
_LOG_BYTES = 10 << 20
_SHARED_MEMORY_BUSY = "pre-existing shared memory block"
_ADDRESS_BUSY = "Address already in use"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where a server listens on 127.0.0.1, and whether somebody else's start() owns it (`attached`)."""

    port: int
    pid: int
    attached: bool


ServerT = TypeVar("ServerT", bound=RunningServer)


class EmbeddedServer(ABC, Generic[ServerT]):
    """Starts a server on a directory, or attaches to the one that another live process started there.

    `data_dir` is the server's alone (0700, made at the first start). `port` pins the port, else a free one is
    chosen once and kept while it stays free. `durable=False` trades safety against power loss for speed:
    tests only. `timeout` is in seconds, crash recovery included.

    Use `async with`, or start() and stop(); neither is bound to an event loop, so that synchronous code may
    call `asyncio.run(server.start())` and later `asyncio.run(server.stop())`. Start it on the main thread or
    on one that lasts: on Linux the server ends with the thread that started it.
    """

    program: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(
        self, data_dir: Path, *, port: int | None = None, durable: bool = True, timeout: float = 60.0
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.durable = durable
        self.timeout = timeout
        self.log_path = self.data_dir / "server.log"
        self.password_file = self.data_dir / "password"
        self._pid_file = self.data_dir / "pid"
        self._port = KeptPort(self.data_dir / "port", port)
        self._lock = DataDirLock(self.data_dir)
        self._process: ServerProcess | None = None
        self._owner = os.getpid()

    async def start(self) -> ServerT:
        """Return once the server answers.

        Raises an EmbeddedError: any of app.embedded.errors, DataDirInUse only when the process that holds
        the directory doesn't bring its server up within `timeout`. Nothing keeps running after an error.
        """
        if self._process is not None:
            raise RuntimeError(f"this {self.program} is started already")
        deadline = time.monotonic() + self.timeout
        try:
            if (attached := await self._lock_or_attach(deadline)) is not None:
                return attached
            await self._end_orphan()
            self._trim_log()
            await self._prepare()
            return await self._launch(deadline)
        except BaseException as error:
            await self.stop()
            if isinstance(error, OSError):
                raise diagnosis.of_os_error(error, self.data_dir) from error
            raise

    async def stop(self) -> int | None:
        """End the server that start() started and wait for it; leaves one alone that it attached to.

        Returns its exit status (0: a clean end), None if there was nothing to stop.
        """
        status = None
        if self._process is not None:
            status = await self._process.stop()
            self._process = None
            atexit.unregister(self._stop_at_exit)
            self._pid_file.unlink(missing_ok=True)
        self._lock.release()
        return status

    async def __aenter__(self) -> ServerT:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @abstractmethod
    async def _prepare(self) -> None:
        """Make what the server needs on disk; runs under the lock before each start."""

    @abstractmethod
    def _spawn(self, port: int) -> ServerProcess: ...

    @abstractmethod
    async def _answers(self, port: int) -> bool:
        """Whether a real query works now; False while it may yet, PasswordRejected when it never will."""

    async def _first_use(self, process: ServerProcess, port: int) -> None:
        """Check what only a running server can show."""

    @abstractmethod
    def _describe(self, port: int, pid: int, attached: bool) -> ServerT: ...

    @abstractmethod
    def _working_dir(self) -> Path:
        """The directory that the running server is in, by which its process is told from a stranger's."""

    async def _lock_or_attach(self, deadline: float) -> ServerT | None:
        while True:
            try:
                self._lock.acquire()
            except DataDirInUse:
                port, pid = self._port.read(), self._live_pid()
                if port and pid and self.password_file.exists() and await self._answers(port):
                    return self._describe(port, pid, attached=True)
                if time.monotonic() > deadline:
                    raise
            else:
                return None
            await asyncio.sleep(_RETRY_SECONDS)

    def _live_pid(self) -> int | None:
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if works_in(pid, self._working_dir(), self.program) else None

    async def _end_orphan(self) -> None:
        # We hold the lock, so whoever started a server that still lives is dead; it may be shutting down.
        if (pid := self._live_pid()) is not None:
            await stop_orphan(pid, self.stop_signal)
        self._pid_file.unlink(missing_ok=True)

    def _trim_log(self) -> None:
        with suppress(FileNotFoundError):
            if self.log_path.stat().st_size > _LOG_BYTES:
                self.log_path.replace(self.log_path.with_suffix(".log.1"))

    async def _launch(self, deadline: float) -> ServerT:
        while True:
            port = self._port.choose()
            self._process = process = self._spawn(port)
            self._owner = os.getpid()
            atexit.register(self._stop_at_exit)
            write_private(self._pid_file, f"{process.pid}\n")
            if await self._ready(process, port, deadline):
                await self._first_use(process, port)
                return self._describe(port, process.pid, attached=False)
            output = process.output()
            if _SHARED_MEMORY_BUSY in output and time.monotonic() < deadline:
                await asyncio.sleep(_RETRY_SECONDS)  # backends of a killed postmaster are still leaving
            elif _ADDRESS_BUSY in output and time.monotonic() < deadline:
                self._port.lost_race()
            else:
                raise diagnosis.of_process(self.program, process, self.data_dir)
            atexit.unregister(self._stop_at_exit)

    async def _ready(self, process: ServerProcess, port: int, deadline: float) -> bool:
        """True once it answers, False if it exits first."""
        while process.returncode is None:
            # Asked again after the answer: if it just lost the port, a stranger may have answered.
            if await self._answers(port) and process.returncode is None:
                return True
            if time.monotonic() > deadline:
                raise StartTimeout(self.program, self.timeout, self.log_path)
            await asyncio.sleep(_POLL_SECONDS)
        return False

    def _stop_at_exit(self) -> None:
        # The kernel would do it on Linux; elsewhere this is what keeps a forgotten stop() from leaking it.
        if self._process is not None and os.getpid() == self._owner:
            self._process.stop_now()
