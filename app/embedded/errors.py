"""What can go wrong with an embedded server: one class a fact, one sentence a person can act on."""

from pathlib import Path


class EmbeddedError(Exception):
    """Every error of app.embedded; `str(error)` is one sentence (or two short ones) fit for a terminal."""


class PortTaken(EmbeddedError):
    """The port that the caller asked for has another listener."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(
            f"Port {port} is already in use by another program. Stop that program or choose another port."
        )


class DataDirInUse(EmbeddedError):
    """Another live process holds the lock of the data directory; pid is None where it couldn't be read."""

    def __init__(self, data_dir: Path, pid: int | None) -> None:
        self.data_dir = data_dir
        self.pid = pid
        who = f"pid {pid}" if pid else "pid unknown"
        super().__init__(
            f"The data directory {data_dir} is in use by another instance ({who}). "
            "Stop that instance or choose another data directory."
        )


class DataDirUnusable(EmbeddedError):
    """The data directory can't be created, written or handed to the server's user."""

    def __init__(self, data_dir: Path, reason: str) -> None:
        self.data_dir = data_dir
        self.reason = reason
        super().__init__(
            f"The data directory {data_dir} can't be used ({reason}). Choose one that you can write to."
        )


class DiskFull(EmbeddedError):
    """The file system of the data directory has no space (or no quota) left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"The disk that holds {path} is full. Free some space and start again.")


class CpuNotSupported(EmbeddedError):
    """A bundled binary died of SIGILL: it is built for x86-64-v3 and the processor is older or emulated."""

    def __init__(self, program: str) -> None:
        self.program = program
        super().__init__(
            f"This computer's processor can't run the bundled {program}, which needs AVX2, FMA and BMI2 "
            "(x86-64-v3). Use a newer machine, or a server of your own."
        )


class PlatformNotSupported(EmbeddedError):
    """No bundled binary exists for this operating system and processor, or its package isn't installed."""

    def __init__(self, program: str, platform: str) -> None:
        self.program = program
        self.platform = platform
        super().__init__(f"No bundled {program} exists for {platform}. Use a server of your own.")


class ProgramUnusable(EmbeddedError):
    """The operating system won't execute a bundled program: a noexec mount, a broken install, no memory."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"The program {path} can't be started ({reason}). Install its package anew, "
            "on a file system that allows programs."
        )


class NoUnprivilegedUser(EmbeddedError):
    """The app is root, Postgres refuses to be, and no other user is there to run it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"Postgres refuses to run as root, and no other user could be taken ({reason}). "
            "Start the app as an ordinary user."
        )


class PasswordRejected(EmbeddedError):
    """The server runs, yet refuses the password that is kept beside its data."""

    def __init__(self, program: str, password_file: Path) -> None:
        self.program = program
        self.password_file = password_file
        super().__init__(
            f"{program} refuses the password in {password_file}. Restore that file, "
            f"or delete {password_file.parent} to begin with an empty server."
        )


class StartTimeout(EmbeddedError):
    """The server process lives but didn't answer before the deadline (seconds)."""

    def __init__(self, program: str, seconds: float, log_path: Path) -> None:
        self.program = program
        self.seconds = seconds
        self.log_path = log_path
        super().__init__(f"{program} didn't answer within {seconds:g} s. Its log is {log_path}.")


class ServerFailed(EmbeddedError):
    """The server exited while it started, for a reason that has no error of its own.

    `log_tail` holds up to 4,000 characters of what it wrote since this start.
    """

    def __init__(self, program: str, returncode: int | None, log_path: Path, log_tail: str) -> None:
        self.program = program
        self.returncode = returncode
        self.log_path = log_path
        self.log_tail = log_tail
        super().__init__(f"{program} stopped while it started: {_reason(log_tail)}. Its log is {log_path}.")


def _reason(log_tail: str) -> str:
    """The line that says most: the last fatal one, else the last one."""
    lines = [line.strip() for line in log_tail.splitlines() if line.strip()]
    if not lines:
        return "it wrote nothing"
    told = [
        line
        for line in lines
        if any(mark in line for mark in ("FATAL", "PANIC", "rror:", "ERROR"))
        and "the database system is " not in line  # what our own readiness checks are told meanwhile
    ]
    return (told or lines)[-1].rstrip(".")
