"""The only way an analyzer quotes a text: a span that isn't there can't become evidence."""

from __future__ import annotations

from collections.abc import Iterable

from app.analysis.results import Evidence
from app.lyrics.text import Lyrics

MAX_PER_NAME = 5
# Sung lines seldom have 100 characters. A paste without line breaks would be quoted whole, many times over.
MAX_LINE = 400
CUT = " […]"


def quote(lyrics: Lyrics, start_line: int, end_line: int, supports: str) -> Evidence:
    """Evidence with the stored text of the lines; IndexError when the text has no such lines.

    The text is exact, save that a line of more than `MAX_LINE` characters is cut there and ends in `CUT`.
    """
    return Evidence(start_line, end_line, shown(lyrics, start_line, end_line), supports)


def shown(lyrics: Lyrics, start_line: int, end_line: int) -> str:
    """What a quote of the lines says: as many lines as there are, over-long ones cut."""
    whole = lyrics.quote(start_line, end_line)
    if len(whole) <= MAX_LINE:
        return whole
    return "\n".join(line if len(line) <= MAX_LINE else line[:MAX_LINE] + CUT for line in whole.split("\n"))


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
    """Whether `evidence` quotes `lyrics` as `quote` does; the orchestrator fails a result that doesn't."""
    try:
        return shown(lyrics, evidence.start_line, evidence.end_line) == evidence.text
    except IndexError:
        return False
