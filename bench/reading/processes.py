"""Starting servers and reading what they use, from /proc."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@asynccontextmanager
async def server(command: Sequence[str], port: int, **environment: str) -> AsyncIterator[int]:
    """Its process id, once it takes connections at `port`; it inherits no setting of the service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAP_ANALYZER_")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=PROJECT,
        env={**kept, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'graphql'}", **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL if "BENCH_VERBOSE" not in os.environ else None,
    )
    try:
        for _ in range(READY_SECONDS * 10):
            if process.returncode is not None:
                raise RuntimeError(f"{command[0]} ended with {process.returncode}; try BENCH_VERBOSE=1.")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children, those that have ended too."""
    own, waited = times(pid)
    return own + waited + sum(cpu_seconds(child) for child in children(pid))


def waited_seconds(pid: int) -> float:
    """How long the main thread of a process could run, and others had all CPUs."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def times(pid: int) -> tuple[float, float]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended, and its parent counts it
        return 0.0, 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS, (int(fields[13]) + int(fields[14])) / TICKS


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def memory_mb(pid: int) -> float:
    """Proportional set size of a process and its children."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return own / 1024 + sum(memory_mb(child) for child in children(pid))
