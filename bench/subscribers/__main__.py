"""Very many subscribers: python -m bench.subscribers [--subscribers 10000] [--tenants 1000] [--write].

Every subscriber has a WebSocket of its own to one `rap-analyzer serve`, with the key of its tenant, from a
client in another process, and hears of all events of its tenant. Events come at a steady pace, of the
tenants in turn, each committed in a transaction of its own, and go by the relay of a `rap-analyzer worker`.
A delivery takes from the beginning of that transaction to the last byte at the client. Then a tenant each
with 10, 100, 1,000 … subscribers, at so many events that as many deliveries a second come of them. The same
of the peer: bare Starlette WebSockets, to which a loop sends.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys

import uvloop

from bench import results
from bench.reading.database import servers
from bench.subscribers.measuring import Load, measure
from bench.subscribers.reporting import report
from bench.subscribers.sides import ours, peer

SPARE = 500  # files beside the sockets
FAN_OUTS = [10, 100, 1_000, 10_000]
FAN_OUT_SECONDS = 10.0


def enough_files(sockets: int) -> None:
    """Raises the limit of this process and its children; SystemExit where the system does not allow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets + SPARE
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(
            f"{sockets:,} sockets need {wanted:,} open files, and this system allows {hard:,}. Raise it"
            f" (ulimit -Hn, or LimitNOFILE=), or measure fewer: --subscribers {hard - SPARE}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def compare(subscribers: int, tenants: int, rate: float, seconds: float, fans: list[int]) -> str:
    each = subscribers // tenants
    spread, load = [each] * tenants, Load(range(tenants), rate, seconds)
    growing = [
        Load([n], min(rate, rate * each / size), max(FAN_OUT_SECONDS, 4 * size / (rate * each)))
        for n, size in enumerate(fans)
    ]
    async with peer(spread) as side:
        theirs = await measure(side, [load])
    async with peer(fans) as side:
        their_fans = await measure(side, growing)
    async with servers() as of:
        async with ours(of, spread) as side:
            found = await measure(side, [load])
        async with ours(of, fans) as side:
            our_fans = await measure(side, growing)
    return report(tenants, found, theirs, fans, our_fans, their_fans)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--fan-outs", type=int, nargs="+", default=FAN_OUTS, help="subscribers of one tenant")
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md")
    given = parser.parse_args()
    enough_files(max(given.subscribers, sum(given.fan_outs)))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        text = runner.run(
            compare(given.subscribers, given.tenants, given.rate, given.seconds, given.fan_outs)
        )
    print(text)
    if given.write:
        command = (
            f"`python -m bench.subscribers --subscribers {given.subscribers} --tenants {given.tenants}"
            f" --rate {given.rate:g} --seconds {given.seconds:g}"
            f" --fan-outs {' '.join(map(str, given.fan_outs))} --write`"
        )
        results.write("Subscribers", command, text)


if __name__ == "__main__":
    main()
