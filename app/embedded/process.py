"""A server as a direct child that can't outlive this process."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.embedded.errors import ProgramUnusable
from app.embedded.users import ServerUser

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_POLL_SECONDS = 0.02
_LOG_TAIL_BYTES = 4000


class ServerProcess:
    """A child in a session of its own, so that a terminal's Ctrl-C reaches us alone and we stop it in order.

    On Linux the kernel sends it `stop_signal` when the *thread* that made it dies, even by kill -9: make it
    on the main thread or on one that lasts. Elsewhere (macOS has no prctl) a killed parent leaves it
    running, and the next start on the same data stops it: see stop_orphan().

    Its output goes to the end of `log_path` (0600). Raises ProgramUnusable if it can't be executed.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        log_path: Path,
        stop_signal: signal.Signals,
        user: ServerUser | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.log_path = log_path
        self._stop_signal = stop_signal
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._log_start = os.fstat(log).st_size
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - our own binaries, no shell
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # LC_ALL=C: errors are recognised by their English text. Nothing else: PGOPTIONS and the
                # like would change the server behind our back.
                env={"PATH": os.defpath, "LC_ALL": "C"},
                start_new_session=True,
                pass_fds=pass_fds,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
                preexec_fn=_die_with_parent(stop_signal),
            )
        except (OSError, subprocess.SubprocessError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise ProgramUnusable(Path(command[0]), reason or str(error)) from error
        finally:
            os.close(log)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, -N for death by signal N, None while it runs."""
        return self._popen.poll()

    def output(self) -> str:
        """The last 4,000 bytes that it wrote since it started."""
        with self.log_path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - _LOG_TAIL_BYTES))
            return log.read().decode(errors="replace")

    async def wait(self, seconds: float) -> int | None:
        """The exit status, or None if it still runs after so many seconds."""
        deadline = time.monotonic() + seconds
        # Polled: asyncio's own child watching would bind the process to one event loop.
        while (status := self.returncode) is None and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
        return status

    async def stop(self, patience: float = 30.0) -> int:
        """Ask it to end, and kill it after `patience` seconds; returns the exit status (0: a clean end)."""
        if self.returncode is None:
            self._popen.send_signal(self._stop_signal)
        status = await self.wait(patience)
        if status is None:
            self._popen.kill()
            status = self._popen.wait()
        return status

    def stop_now(self, patience: float = 10.0) -> None:
        """stop() for interpreter exit, where no event loop runs."""
        if self.returncode is None:
            self._popen.send_signal(self._stop_signal)
            try:
                self._popen.wait(patience)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Runs in the child after setuid, since changing the user clears the parent-death signal (prctl(2))."""
    if _LIBC is None:
        return None
    libc = _LIBC
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the call above
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_kernel


def is_alive(pid: int) -> bool:
    """Whether a process with that id exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    # A container's init may never reap what it inherits; such a process holds nothing any more.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def works_in(pid: int, directory: Path, program: str) -> bool:
    """Whether that live process is the server of this directory and not a later owner of a reused id."""
    if not is_alive(pid):
        return False
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cwd").samefile(directory)
        except OSError:
            return False
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return program in listed.stdout


async def stop_orphan(pid: int, stop_signal: signal.Signals, patience: float = 20.0) -> None:
    """End a server whose app is gone (it may be ending already), and return when it has."""
    deadline = time.monotonic() + patience
    chosen = stop_signal
    while True:
        try:
            os.kill(pid, chosen)
        except ProcessLookupError:
            return
        while is_alive(pid):
            await asyncio.sleep(_POLL_SECONDS)
            if time.monotonic() > deadline:
                break
        else:
            return
        chosen, deadline = signal.SIGKILL, time.monotonic() + patience
