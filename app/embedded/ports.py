"""Ports on the loopback interface: which are free, and which one a server keeps from start to start."""

import socket
from pathlib import Path

from app.embedded.errors import PortTaken
from app.embedded.files import write_private

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on the port now; sockets in TIME_WAIT don't count, as for Postgres."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free(port: int, host: str = LOOPBACK) -> None:
    """Raise PortTaken unless a server could listen there; for the HTTP port before the slow things start."""
    if not is_free(port, host):
        raise PortTaken(port)


def free_port(host: str = LOOPBACK) -> int:
    """A port that is free now; somebody may still take it before you listen, so be ready to try again."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


class KeptPort:
    """Remembers a server's port in a file, so that a URL copied yesterday works today.

    `wanted` pins the port: then another listener there raises PortTaken instead of moving the server.
    """

    def __init__(self, path: Path, wanted: int | None = None) -> None:
        self._path = path
        self._wanted = wanted

    def read(self) -> int | None:
        """The port of the last start, or None where there was none."""
        try:
            port = int(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return port if 0 < port < 65536 else None

    def choose(self) -> int:
        """The wanted port, else the last one if it is free, else a free one; written down either way."""
        if self._wanted is not None:
            require_free(self._wanted)
            port = self._wanted
        else:
            last = self.read()
            port = last if last is not None and is_free(last) else free_port()
        write_private(self._path, f"{port}\n")
        return port

    def lost_race(self) -> None:
        """Say that someone took the chosen port first: PortTaken if it was pinned, else the next is fresh."""
        if self._wanted is not None:
            raise PortTaken(self._wanted)
        self._path.unlink(missing_ok=True)
