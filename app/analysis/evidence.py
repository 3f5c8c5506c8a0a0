"""The only way an analyzer quotes a text: a span that isn't there can't become evidence."""

from __future__ import annotations

from collections.abc import Iterable

from app.analysis.results import Evidence
from app.lyrics.text import Lyrics

MAX_PER_NAME = 5


def quote(lyrics: Lyrics, start_line: int, end_line: int, supports: str) -> Evidence:
    """Evidence with the exact stored text of the lines; IndexError when the text has no such lines."""
    return Evidence(start_line, end_line, lyrics.quote(start_line, end_line), supports)


def strongest(
    lyrics: Lyrics, weights: Iterable[tuple[int, float]], supports: str, limit: int = MAX_PER_NAME
) -> list[Evidence]:
    """At most `limit` quotes for `supports`, from (line number, weight) pairs; weights of a line add up.

    Heaviest lines win, the earlier one when equal; they come back in the text's order, and a line whose
    words were quoted already (a chorus) is not quoted again.
    """
    totals: dict[int, float] = {}
    for number, weight in weights:
        totals[number] = totals.get(number, 0.0) + weight
    chosen: list[int] = []
    seen: set[str] = set()
    for number in sorted(totals, key=lambda n: (-totals[n], n)):
        text = lyrics.quote(number, number).strip().casefold()
        if totals[number] > 0 and text not in seen:
            seen.add(text)
            chosen.append(number)
            if len(chosen) == limit:
                break
    return [quote(lyrics, number, number, supports) for number in sorted(chosen)]


def holds(lyrics: Lyrics, evidence: Evidence) -> bool:
    """Whether `evidence` quotes `lyrics` exactly; the orchestrator fails a result for which it doesn't."""
    try:
        return lyrics.quote(evidence.start_line, evidence.end_line) == evidence.text
    except IndexError:
        return False
