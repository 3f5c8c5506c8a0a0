"""From what a failed program left behind to the error that names it."""

import errno
import shutil
import signal
from pathlib import Path

from app.embedded.errors import CpuNotSupported, DataDirUnusable, DiskFull, EmbeddedError, ServerFailed
from app.embedded.process import ServerProcess

_NO_SPACE = "No space left on device"
# A server on a full disk often can't even log that it is full.
_FULL_BELOW_BYTES = 1 << 20


def of_process(program: str, process: ServerProcess, data_dir: Path) -> EmbeddedError:
    """Why the process ended or misbehaved: a full disk, an old processor, or ServerFailed with its log."""
    output = process.output()
    if died_of_sigill(process):
        return CpuNotSupported(program)
    if _NO_SPACE in output or shutil.disk_usage(data_dir).free < _FULL_BELOW_BYTES:
        return DiskFull(data_dir)
    return ServerFailed(program, process.returncode, process.log_path, output)


def of_os_error(error: OSError, data_dir: Path) -> EmbeddedError:
    """Why a file operation of ours in the data directory failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(data_dir)
    return DataDirUnusable(data_dir, error.strerror or str(error))


def died_of_sigill(process: ServerProcess) -> bool:
    """Whether the processor refused an instruction, in the process or in one that it reported on."""
    if process.returncode in (-signal.SIGILL, 128 + signal.SIGILL):
        return True
    return any(f"signal {signal.SIGILL.value}: " in line for line in process.output().splitlines())
