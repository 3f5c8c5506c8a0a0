"""Looking after processes that a test starts, by what Linux says of them."""

from __future__ import annotations

import time
from pathlib import Path

from app.embedded.process import is_alive


def children(pid: int) -> set[int]:
    """Processes that this one started and that still live, and theirs in turn."""
    found: set[int] = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == pid:
            found.add(int(status.parent.name))
    return found.union(*(children(child) for child in found))


def survivors(pids: set[int], seconds: float = 30.0) -> set[int]:
    """Those that are still there after a while; empty as soon as all have ended."""
    deadline = time.monotonic() + seconds
    alive = {pid for pid in pids if is_alive(pid)}
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = {pid for pid in alive if is_alive(pid)}
    return alive
