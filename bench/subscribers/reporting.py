"""The section of bench/RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence

from bench import results
from bench.subscribers.measuring import Figures, Passed

HEAD = ("", "ours", "bare Starlette", "target")
FAN_HEAD = (
    "subscribers an event", "events/s", "p50, ms", "p99, ms", "worst, ms", "CPU an event, ms",
    "CPU a delivery, µs", "bare p99, ms", "bare CPU a delivery, µs",
)  # fmt: skip


def report(
    tenants: int,
    ours: Figures,
    theirs: Figures,
    fans: Sequence[int],
    our_fans: Figures,
    their_fans: Figures,
) -> str:
    mine, bare = ours.passed[0], theirs.passed[0]
    rows = [
        ("memory a subscriber at rest", kb(ours.resting_kb), kb(theirs.resting_kb), "64 KB"),
        ("memory a subscriber after the events", kb(ours.after_kb), kb(theirs.after_kb), ""),
        ("to delivery, p50", ms(mine.heard.p50), ms(bare.heard.p50), ""),
        ("to delivery, p99", ms(mine.heard.p99), ms(bare.heard.p99), "250 ms"),
        ("to delivery, worst", ms(mine.heard.worst), ms(bare.heard.worst), ""),
        ("CPU an event", ms(mine.cpu / mine.events), ms(bare.cpu / bare.events), ""),
        ("share of a core at rest", f"{ours.resting_cpu:.1%}", f"{theirs.resting_cpu:.1%}", ""),
        ("time without a CPU, though it could run", f"{mine.waited:.0%}", f"{bare.waited:.0%}", "0 %"),
        ("subscribed within", f"{ours.joined:.0f} s", f"{theirs.joined:.0f} s", ""),
    ]
    each = ours.sockets // tenants
    growth = [
        (
            f"{size:,}",
            f"{mine.load.rate:g}",
            *(f"{seconds * 1000:.0f}" for seconds in (mine.heard.p50, mine.heard.p99, mine.heard.worst)),
            f"{mine.cpu / mine.events * 1000:.1f}",
            f"{mine.cpu / mine.heard.delivered * 1e6:.0f}",
            f"{bare.heard.p99 * 1000:.0f}",
            f"{bare.cpu / bare.heard.delivered * 1e6:.0f}",
        )
        for size, mine, bare in zip(fans, our_fans.passed, their_fans.passed, strict=True)
    ]
    return (
        f"{ours.sockets:,} subscribers on one process, {each} of each of {tenants:,} tenants, and"
        f" {mine.load.rate:g} events a second of the tenants in turn: an event reaches {each} subscribers,"
        f" {mine.load.rate * each:,.0f} deliveries a second. {complete([mine, *our_fans.passed])}\n\n"
        f"{results.table(HEAD, rows)}\nTenants with more subscribers each, as many deliveries a second:\n\n"
        f"{results.table(FAN_HEAD, growth)}"
    )


def complete(passed: Sequence[Passed]) -> str:
    delivered, expected = (
        sum(getter) for getter in zip(*((p.heard.delivered, p.expected) for p in passed), strict=True)
    )
    if delivered == expected:
        return f"All {expected:,} deliveries of this section came, each once."
    return f"{delivered:,} deliveries of {expected:,} came in time to be counted."


def kb(value: float) -> str:
    return f"{value:.1f} KB"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
