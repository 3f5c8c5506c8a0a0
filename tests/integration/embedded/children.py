"""Programs that tests run in processes of their own, since the tests kill them or make them drop root."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]

# Starts both servers in argv[1], commits a row and a key, prints both pids, and waits to be killed.
HOLDER = """
import asyncio, sys
from pathlib import Path
import asyncpg
from redis.asyncio import Redis
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey

async def main(folder):
    postgres = await EmbeddedPostgres(folder / "postgres").start()
    valkey = await EmbeddedValkey(folder / "valkey").start()
    connection = await asyncpg.connect(postgres.superuser_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS verses (line text)")
    await connection.execute("INSERT INTO verses VALUES ('committed')")
    client = Redis.from_url(valkey.url)
    await client.set("verse", "kept")
    print(postgres.pid, valkey.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1])))
"""

# As HOLDER, on a system whose kernel can't tie a child's life to its parent's.
HOLDER_WITHOUT_PRCTL = "import app.embedded.process as p\np._LIBC = None\n" + HOLDER

LOCK_HOLDER = """
import sys, time
from pathlib import Path
from app.embedded.locks import DataDirLock
with DataDirLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""

# Becomes uid argv[2], then starts and stops both servers in argv[1]; the interpreter's own files may be out
# of that user's reach, so everything is imported first.
UNPRIVILEGED = """
import asyncio, encodings.idna, os, sys
from pathlib import Path
import asyncpg
from app.embedded import binaries
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey
binaries.postgres_version()
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))

async def main(folder):
    if not os.access(binaries.postgres_bin(None) / "postgres", os.X_OK):
        print("unreadable"); return
    for server in (EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")):
        running = await server.start()
        print(os.stat(f"/proc/{running.pid}").st_uid, await server.stop())

asyncio.run(main(Path(sys.argv[1])))
"""


@contextmanager
def child(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run the program with the checkout on its path; killed at the end, so no test leaves it behind."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """What it printed first; empty if it died before."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill_9(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def becomes_true(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
