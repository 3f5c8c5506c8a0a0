"""Measures rhyme schemes against people's: exact schemes and pairs, for unseen poets and the others.

Run `python -m bench.quality.rhyme [FILE]`. Each stanza is analysed alone, as a text of its own. The
interval is a bootstrap over stanzas (1,000 samples, 95 %).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.analysis.analyzers.rhyme.analyzer import RhymeAnalyzer
from app.analysis.results import RhymeDetails
from app.lyrics.text import Lyrics
from bench.quality import gold

SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One stanza: whether its scheme is exact, and its pairs of lines by right, invented and missed."""

    exact: bool
    right: int
    invented: int
    missed: int


Measure = Callable[[Sequence[Outcome]], float]


def outcome(stanza: gold.Stanza, analyzer: RhymeAnalyzer) -> Outcome:
    """A degraded or misaligned answer counts as every line on its own."""
    details = analyzer.analyze(Lyrics.parse("\n".join(stanza.lines), language="en")).details
    n = len(stanza.lines)
    found: tuple[int, ...] = tuple(range(n))
    if isinstance(details, RhymeDetails) and len(details.scheme) == n:
        found = gold.numbered(details.scheme)
    pairs = [(found[i] == found[j], stanza.scheme[i] == stanza.scheme[j]) for i in range(n) for j in range(i)]
    return Outcome(
        found == stanza.scheme,
        sum(ours and theirs for ours, theirs in pairs),
        sum(ours and not theirs for ours, theirs in pairs),
        sum(theirs and not ours for ours, theirs in pairs),
    )


def exact_share(outcomes: Sequence[Outcome]) -> float:
    """Share of stanzas whose whole scheme is right."""
    return sum(one.exact for one in outcomes) / len(outcomes)


def pair_f1(outcomes: Sequence[Outcome]) -> float:
    """F1 of all pairs of rhyming lines, pooled over stanzas; 0 when there are none."""
    right = sum(one.right for one in outcomes)
    wrong = sum(one.invented + one.missed for one in outcomes)
    return 2 * right / (2 * right + wrong) if right else 0.0


def interval(
    outcomes: Sequence[Outcome], measure: Callable[[Sequence[Outcome]], float]
) -> tuple[float, float]:
    """The middle 95 % of `measure` over resampled stanzas, the same samples on every run."""
    chance = random.Random(20)
    values = sorted(measure(chance.choices(outcomes, k=len(outcomes))) for _ in range(SAMPLES))
    return values[int(0.025 * SAMPLES)], values[int(0.975 * SAMPLES) - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=gold.DEFAULT, help="gold stanzas, JSONL.gz")
    arguments = parser.parse_args()
    if not arguments.file.exists():
        raise SystemExit(f"There is no {arguments.file}: nothing measured.")
    analyzer = RhymeAnalyzer()
    stanzas = gold.read(arguments.file)
    print(f"{'poets':<12}{'stanzas':>8}  {'exact scheme':<24}{'pair F1':<24}")
    for name, chosen in (
        ("held out", [stanza for stanza in stanzas if stanza.author in gold.HELD_OUT]),
        ("fitted on", [stanza for stanza in stanzas if stanza.author not in gold.HELD_OUT]),
        ("all", stanzas),
    ):
        if not chosen:
            continue
        outcomes = [outcome(stanza, analyzer) for stanza in chosen]
        cells = []
        for measure in (exact_share, pair_f1):
            low, high = interval(outcomes, measure)
            cells.append(f"{measure(outcomes):.3f} ({low:.3f}-{high:.3f})")
        print(f"{name:<12}{len(chosen):>8}  {cells[0]:<24}{cells[1]:<24}")


if __name__ == "__main__":
    main()
