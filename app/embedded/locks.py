"""One instance a data directory."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from app.embedded import diagnosis
from app.embedded.errors import DataDirInUse
from app.embedded.files import make_private_dir


class DataDirLock:
    """Held from acquire() to release() or to the death of the process, whatever kills it (flock).

    The file stays behind; only a live holder counts. Two locks in one process exclude each other too.
    A process that this one forks without exec shares the lock until it exits.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._path = data_dir / "lock"
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock now, making a missing directory (0700).

        Raises DataDirInUse with the holder's pid, DiskFull or DataDirUnusable.
        """
        try:
            make_private_dir(self.data_dir)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._take(fd)
            except BaseException:
                os.close(fd)
                raise
        except OSError as error:
            raise diagnosis.of_os_error(error, self.data_dir) from error
        self._fd = fd

    def _take(self, fd: int) -> None:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 32).strip()
            raise DataDirInUse(self.data_dir, int(holder) if holder.isdigit() else None) from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others in; harmless when the lock isn't held."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
