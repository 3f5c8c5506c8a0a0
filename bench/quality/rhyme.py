"""Rhyme schemes against people's: exact schemes and pairs, for stanzas that nothing was fitted on and others.

Each stanza is analysed alone, as a text of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.analysis.analyzers.rhyme.analyzer import RhymeAnalyzer
from app.analysis.results import RhymeDetails
from app.lyrics.text import Lyrics
from bench.quality import gold, gold_ru
from bench.quality.statistics import Counts, Figure, f1, figure, share


@dataclass(frozen=True, slots=True)
class Outcome:
    """One stanza: whether its scheme is exact, and its pairs of lines."""

    exact: bool
    pairs: Counts


def outcome(stanza: gold.Stanza, analyzer: RhymeAnalyzer, language: str) -> Outcome:
    """A degraded or misaligned answer counts as every line on its own."""
    details = analyzer.analyze(Lyrics.parse("\n".join(stanza.lines), language=language)).details
    n = len(stanza.lines)
    found: tuple[int, ...] = tuple(range(n))
    if isinstance(details, RhymeDetails) and len(details.scheme) == n:
        found = gold.numbered(details.scheme)
    pairs = [(found[i] == found[j], stanza.scheme[i] == stanza.scheme[j]) for i in range(n) for j in range(i)]
    return Outcome(
        found == stanza.scheme,
        Counts(
            sum(ours and theirs for ours, theirs in pairs),
            sum(ours and not theirs for ours, theirs in pairs),
            sum(theirs and not ours for ours, theirs in pairs),
        ),
    )


def figures() -> Iterator[Figure]:
    """Exact schemes and F1 of pairs of lines, in both languages."""
    if gold.DEFAULT.exists():
        stanzas = gold.read()
        held_out = [stanza.author in gold.HELD_OUT for stanza in stanzas]
        yield from _halves("English, 18 poets", stanzas, held_out, "en")
    else:
        print("skipped: the annotated English stanzas aren't here (../shared/data)")
    russian = gold_ru.read()
    if russian.unread:
        print(f"skipped: {russian.unread} Russian stanzas, whose texts aren't here (../shared/data)")
    held_out = [gold_ru.is_held_out(stanza) for stanza in russian.stanzas]
    yield from _halves("Russian", russian.stanzas, held_out, "ru")


def _halves(
    name: str, stanzas: Sequence[gold.Stanza], held_out: Sequence[bool], language: str
) -> Iterator[Figure]:
    analyzer = RhymeAnalyzer()
    outcomes = [outcome(stanza, analyzer, language) for stanza in stanzas]
    for half in (True, False):
        chosen = [one for one, out in zip(outcomes, held_out, strict=True) if out is half]
        if not chosen:
            continue
        label = f"{name}, {'held out' if half else 'fitted on'}"
        yield figure("rhyme", label, "exact scheme", chosen, lambda some: share([one.exact for one in some]))
        yield figure("rhyme", label, "pair F1", chosen, lambda some: f1([one.pairs for one in some]))
