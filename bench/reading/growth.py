"""How the feed's cost grows: python -m bench.reading.growth [--tracks 1000000] [--tenants 1000] [--write].

With the page (a cost a row), with the tenants that ask in turn, and with the tracks that one tenant has.
Ratios of one run; the aim is at most 1.3.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from statistics import median

import uvloop

from bench import results
from bench.reading import catalogue, load, processes, scenarios
from bench.reading.catalogue import Catalogue
from bench.reading.database import Servers, servers

ROWS_A_TRACK = 6  # a track, its artist and four analyses
SMALL = 10_000
OF_EACH_TENANT = 100
WARM_SECONDS, SECONDS, ROUNDS = 2.0, 5.0, 5
HEAD = ["what grows", "from", "to", "CPU µs", "to CPU µs", "ratio", "Postgres CPU µs", "to Postgres CPU µs"]


class Ours:
    """The service, and what its requests cost it and Postgres."""

    def __init__(self, of: Servers, port: int, pid: int) -> None:
        self._postgres, self._port, self._pid = of.postgres_pid, port, pid

    async def warm(self) -> None:
        """Returns once it has read its models, which it does while it already answers."""
        before = -1.0
        while (now := processes.cpu_seconds(self._pid)) > before + 0.05:
            before = now
            await asyncio.sleep(2)

    async def cost(self, requests: Sequence[load.Request]) -> tuple[float, float]:
        """µs of CPU a request: the service's, and Postgres's. The median of short rounds."""
        await load.run(self._port, requests, WARM_SECONDS)
        rounds = [await self._round(requests) for _ in range(ROUNDS)]
        return median(own for own, _ in rounds), median(postgres for _, postgres in rounds)

    async def _round(self, requests: Sequence[load.Request]) -> tuple[float, float]:
        before = processes.cpu_seconds(self._pid), processes.cpu_seconds(self._postgres)
        count = len((await load.run(self._port, requests, SECONDS / ROUNDS)).latencies)
        after = processes.cpu_seconds(self._pid), processes.cpu_seconds(self._postgres)
        return (after[0] - before[0]) * 1e6 / count, (after[1] - before[1]) * 1e6 / count


def service(of: Servers, port: int) -> AbstractAsyncContextManager[int]:
    return processes.server(
        processes.python("app.cli", "serve"), port,
        RAP_ANALYZER_DATABASE_URL=of.url, RAP_ANALYZER_REDIS_URL=of.redis_url, PORT=str(port),
        RAP_ANALYZER_LOG_LEVEL="ERROR",
    )  # fmt: skip


def compared(
    what: str, sizes: tuple[int, int], costs: Sequence[tuple[float, float]], each: int = 1
) -> list[str]:
    """One line; `each` is how many times the larger request does the smaller one's work."""
    (small, small_database), (large, large_database) = costs
    return [
        what, f"{sizes[0]:,}", f"{sizes[1]:,}", f"{small:.0f}", f"{large:.0f}", f"{large / small / each:.2f}",
        f"{small_database:.0f}", f"{large_database:.0f}",
    ]  # fmt: skip


async def main(tracks: int, tenants: int, write: bool) -> None:
    async with servers() as of:
        small = await catalogue.make(of.owner, of.database, SMALL)
        large = await catalogue.make(of.owner, of.database, tracks)
        many = [await catalogue.make(of.owner, of.database, OF_EACH_TENANT) for _ in range(tenants)]
        await of.owner.execute("vacuum analyze")
        port = processes.free_port()
        async with service(of, port) as pid:
            ours = Ours(of, port, pid)
            await ours.warm()

            async def feed(*of_whom: Catalogue, first: int = 20) -> tuple[float, float]:
                return await ours.cost([scenarios.ours("feed", one, first)[0] for one in of_whom])

            usual = await feed(small)
            table = [
                compared("rows of the page", (20 * ROWS_A_TRACK, 100 * ROWS_A_TRACK),
                         (usual, await feed(small, first=100)), 5),
                compared("tenants in turn", (1, tenants), (await feed(many[0]), await feed(*many))),
                compared("tracks of the tenant", (SMALL, tracks), (await feed(small), await feed(large))),
            ]  # fmt: skip
    text = results.table(HEAD, table)
    print(text)
    if write:
        command = f"`python -m bench.reading.growth --tracks {tracks} --tenants {tenants}`"
        results.write("Growth of the feed", command, text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    uvloop.run(main(given.tracks, given.tenants, given.write))
