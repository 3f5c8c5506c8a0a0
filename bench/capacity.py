"""How much machinery tenants take, from what was measured: `python -m bench.capacity --write`.

Reads RESULTS.md and the table of app/analysis/README.md, and rewrites the table of docs/scaling.md. What no
benchmark can know (how much a tenant asks, what a core costs) is an assumption: each is named below, printed
with the result, and yours to change on the command line.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path

from bench.results import FILE, table

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- capacity -->\n", "<!-- /capacity -->\n"
TENANTS = (10, 1_000, 100_000)
DAY, MONTH = 86_400, 30 * 86_400
# Of every hundred requests: mostly pages, some searches.
MIX = {
    "feed: 20 tracks × artist × 4 analyses": 0.40,
    "one track by id, with its artist": 0.40,
    "an artist with 20 tracks": 0.19,
    "search by meaning and words, 10 of 2,000": 0.01,
}
ANALYSES = 5  # a track


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a tenant does, and what a core and a gigabyte cost: no measurement says it."""

    requests_a_day: float = 20_000
    tracks: float = 20_000
    new_tracks_a_day: float = 100
    peak: float = 5.0  # times the mean
    busy: float = 0.6  # of a core, at the peak
    kilobytes_a_track: float = 30.0  # with lyrics, analyses, passages and indexes
    usd_a_core_month: float = 30.0
    usd_a_gigabyte_month: float = 0.15


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of a request in the API and in Postgres, and of a track that is analysed, and embedded."""

    api: float
    postgres: float
    analysis: float
    embedding: float


def measured() -> Measured:
    """Raises LookupError for a row that is not there: run the benchmark that writes it."""
    rows: dict[str, tuple[float, float]] = {}
    for line in FILE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 8 and cells[1] == "rap-analyzer" and cells[0] in MIX:
            rows[cells[0]] = float(cells[5]) / 1e6, float(cells[6]) / 1e6
    if missing := set(MIX) - set(rows):
        raise LookupError(f"RESULTS.md has no row of: {', '.join(sorted(missing))}. Run: make bench")
    api, postgres = (sum(share * rows[name][place] for name, share in MIX.items()) for place in (0, 1))
    text = (ROOT / "app" / "analysis" / "README.md").read_text()
    return Measured(api, postgres, cpu_of(text, "all five"), cpu_of(text, "embeddings"))


def cpu_of(text: str, what: str) -> float:
    """Seconds of CPU a track, of the row that begins with `what`."""
    found = re.search(rf"^\| {what}[^|]*\|[^|]*\| *([0-9.]+)", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"app/analysis/README.md has no row {what!r}. Run: python -m bench.throughput")
    return float(found[1]) / 1000


def rows(cost: Measured, assumed: Assumed) -> list[list[str]]:
    """One row a number of tenants: load at the peak, cores at the peak, gigabytes, and dollars a month."""
    found = []
    for tenants in TENANTS:
        a_second = tenants * assumed.requests_a_day / DAY * assumed.peak
        tracks = tenants * assumed.new_tracks_a_day / DAY * assumed.peak
        api = a_second * cost.api / assumed.busy
        worker = tracks * (cost.analysis + cost.embedding) / assumed.busy
        # A track is written once: what that costs Postgres is small beside what reading it costs.
        postgres = a_second * cost.postgres / assumed.busy
        # Two of each, however little they do; Postgres has a replica.
        cores = max(2, ceil(api)) + max(2, ceil(worker)) + 2 * max(2, ceil(postgres))
        gigabytes = 2 * tenants * assumed.tracks * assumed.kilobytes_a_track / 1e6
        usd = cores * assumed.usd_a_core_month + gigabytes * assumed.usd_a_gigabyte_month
        found.append(
            [
                f"{tenants:,}",
                f"{a_second:,.0f}",
                f"{tracks * (ANALYSES + 1):,.1f}",
                f"{tenants * assumed.tracks:,.0f}",
                f"{api:,.2f}",
                f"{worker:,.2f}",
                f"{postgres:,.2f}",
                f"{gigabytes:,.0f}",
                f"{usd:,.0f}",
                f"{usd / tenants:,.2f}",
            ]
        )
    return found


HEAD = (
    *("tenants", "requests/s at peak", "events/s at peak", "tracks", "API cores", "worker cores"),
    *("Postgres cores", "GB with a replica", "USD a month", "USD a tenant"),
)


def text(cost: Measured, assumed: Assumed) -> str:
    said = ", ".join(f"{each.name} {getattr(assumed, each.name):,}" for each in fields(assumed))
    return (
        f"Measured, CPU milliseconds: {1000 * cost.api:.2f} a request in the API, {1000 * cost.postgres:.2f}"
        f" in Postgres, {1000 * cost.analysis:.1f} a track to analyse,"
        f" {1000 * cost.embedding:.1f} to embed.\n"
        f"Assumed: {said}.\n\n{table(HEAD, rows(cost, assumed))}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the table of docs/scaling.md")
    for each in fields(Assumed):
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, default=each.default)
    given = vars(parser.parse_args())
    write = given.pop("write")
    result = text(measured(), Assumed(**given))
    print(result)
    if write:
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}{result}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
