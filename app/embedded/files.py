"""Small files that only their owner may read: ports, pids, passwords."""

import os
import secrets
from pathlib import Path


def make_private_dir(path: Path) -> None:
    """Create the directory for its owner alone (0700), and missing parents; leave one that exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, mode 0600; a crash leaves the old text or the new, never half of it."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.new")
    scratch.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            if os.geteuid() == 0:
                # `sudo` once must not lock the directory's owner out of their own files afterwards.
                owner = path.parent.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def kept_password(path: Path) -> str:
    """The password in the file; made up at the first call (32 URL-safe characters, 192 random bits)."""
    try:
        password = path.read_text().strip()
    except FileNotFoundError:
        password = ""
    if not password:
        password = secrets.token_urlsafe(24)
        write_private(path, password + "\n")
    return password
