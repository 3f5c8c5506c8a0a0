"""What a side takes: for each socket at rest, and for each event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.reading import processes
from bench.subscribers.crowd import Crowd, Heard, crowd
from bench.subscribers.sides import Side
from bench.subscribers.writing import Tell, steadily

SETTLE_SECONDS = 3.0
REST_SECONDS = 10.0  # in which nothing happens
HEAR_RATE = 200.0
PATIENCE_SECONDS = 30.0  # for what is still to come after the last event


@dataclass(frozen=True, slots=True)
class Load:
    """Events for these members in turn, so many a second, for so long."""

    members: Sequence[int]
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Passed:
    """What a load was like. `cpu` are seconds beyond what the process takes at rest; `waited` is the share of
    the time in which it could run, and others had the CPUs."""

    load: Load
    events: int
    expected: int
    heard: Heard
    cpu: float
    waited: float


@dataclass(frozen=True, slots=True)
class Figures:
    """KB of the process a socket, and the share of a core that it takes while nothing happens."""

    sockets: int
    joined: float
    resting_kb: float
    after_kb: float
    resting_cpu: float
    passed: list[Passed]


async def measure(side: Side, loads: Sequence[Load]) -> Figures:
    async with crowd(side.port) as everybody, side.telling as tell:
        async with crowd(side.port) as first:
            # What is loaded once is no subscriber's.
            member = side.members[0]
            await first.join([type(member)(member.path, member.key, 1)], side.query)
            await everybody_hears(first, tell, [0])
        before = processes.memory_mb(side.pid)
        joined = await everybody.join(side.members, side.query)
        sockets = sum(member.sockets for member in side.members)
        print(f"{sockets:,} sockets after {joined:.0f} s", flush=True)
        await asyncio.sleep(SETTLE_SECONDS)
        cpu = processes.cpu_seconds(side.pid)
        await asyncio.sleep(REST_SECONDS)
        rest = (processes.cpu_seconds(side.pid) - cpu) / REST_SECONDS
        resting = processes.memory_mb(side.pid)
        await everybody_hears(everybody, tell, range(len(side.members)))
        passed = [await under(side, load, everybody, tell, rest) for load in loads]
        after = processes.memory_mb(side.pid)
    each = 1024 / sockets
    return Figures(sockets, joined, (resting - before) * each, (after - before) * each, rest, passed)


async def everybody_hears(of: Crowd, tell: Tell, members: Sequence[int]) -> None:
    """Returns when every socket has heard of some event: a subscription is not acknowledged otherwise."""
    while True:
        await steadily(tell, members, HEAR_RATE, len(members) / HEAR_RATE)
        await asyncio.sleep(1.0)
        if not await of.deaf():
            return


async def under(side: Side, load: Load, of: Crowd, tell: Tell, rest: float) -> Passed:
    await asyncio.sleep(SETTLE_SECONDS)
    await of.forget()
    cpu, waited = processes.cpu_seconds(side.pid), processes.waited_seconds(side.pid)
    began, most = time.perf_counter(), load.seconds + PATIENCE_SECONDS
    events = await steadily(tell, load.members, load.rate, load.seconds)
    expected = sum(side.members[load.members[n % len(load.members)]].sockets for n in range(events))
    while True:
        await asyncio.sleep(1.0)
        heard = await of.heard()
        if heard.delivered >= expected or time.perf_counter() - began > most:
            break
    seconds = time.perf_counter() - began
    cpu = processes.cpu_seconds(side.pid) - cpu - rest * seconds
    waited = (processes.waited_seconds(side.pid) - waited) / seconds
    print(f"{events:,} events: {heard.delivered:,} deliveries, p99 {heard.p99 * 1000:.0f} ms", flush=True)
    return Passed(load, events, expected, heard, cpu, waited)
