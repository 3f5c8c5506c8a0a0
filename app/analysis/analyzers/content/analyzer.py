"""Explicit content: which kinds, how severe, and the lines."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.content import tokens
from app.analysis.analyzers.content.words import ExplicitWords, Word, explicit_words
from app.analysis.phrases import clauses
from app.analysis.results import ContentDetails, Evidence, Label, Result, Score, Status
from app.lyrics.text import Line, Lyrics

# A group of words at least this severe makes a text explicit by a single use, as one "fuck" does for a
# parental-advisory label. Those of .5 (hard drugs, torture) add up to it by five uses in a hundred words;
# milder ones never do alone.
EXPLICIT_WORD = 0.55
EXPLICIT_TEXT = 0.45
# What an ambiguous word needs beside it: a strong word, or one of its own category at least this severe.
_CONFIRMING = 0.5

# What doubt one strong word leaves: it is meant in nine labelled lines of ten (`bench/quality`), and less
# often in verse of other centuries.
_DOUBT = 0.2

Find = tuple[int, str, float]  # line number, category, severity


class ContentAnalyzer:
    """Severity of a category is s · (.6 + .4 · (1 - exp(-n / 3))).

    s is that of its gravest word and n its uses per 100 words (of a text shorter than that, its uses).

    A word that has an ordinary meaning too counts only where others leave no doubt (see `content.toml`).
    The text's severity is its gravest category's. A label's confidence is 1 - .2^u for u uses weighted by
    severity / .55: one strong word gives .8 or more.
    """

    name = "content"
    version = "1.2.0"
    title = "Explicit content"
    description = "Strong language, sex, violence, drugs, slurs and self-harm, with severity and the lines."
    kind = "LOCAL"
    languages = ("en", "ru")

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded when empty or in another language; both languages' words count in a mixed text.

        A text whose language can't be told, for want of words, is still warned of by what is found in it.
        """
        reason = unfit(lyrics, self.languages)
        if reason and (lyrics.language or not lyrics.words):
            return reason
        tables = self._tables(lyrics)
        finds = _meant([hit for line in lyrics.lines for hit in _in_line(line, tables)])
        if reason and not finds:
            return reason
        hundreds = max(1.0, len(lyrics.words) / 100)
        labels: list[Label] = []
        quotes: list[Evidence] = []
        severities: dict[str, float] = {}
        for category in tables[0].titles:
            uses = [(number, severity) for number, name, severity in finds if name == category]
            if not uses:
                continue
            gravest = max(severity for _, severity in uses)
            severities[category] = gravest * (0.6 + 0.4 * (1 - math.exp(-len(uses) / hundreds / 3)))
            confidence = 1 - _DOUBT ** sum(severity / EXPLICIT_WORD for _, severity in uses)
            labels.append(Label("content", category, round(confidence, 4)))
            quotes += evidence.strongest(lyrics, uses, category)
        severity = round(max(severities.values(), default=0.0), 4)
        explicit = severity >= EXPLICIT_TEXT or any(value >= EXPLICIT_WORD for _, _, value in finds)
        labels.sort(key=lambda label: (-label.confidence, label.name))
        share = len({number for number, _, value in finds if value >= EXPLICIT_WORD}) / len(lyrics.lines)
        return Result(
            Status.COMPLETED,
            ContentDetails(explicit, severity, labels),
            scores=(
                Score("severity", severity),
                Score("explicitness", 1.0 if explicit else 0.0),
                Score("explicit_line_share", round(share, 4)),
            ),
            labels=tuple(labels),
            evidence=tuple(quotes),
        )

    def _tables(self, lyrics: Lyrics) -> list[ExplicitWords]:
        first = lyrics.language or "en"
        return [explicit_words(first), explicit_words("ru" if first == "en" else "en")]


def _meant(hits: list[tuple[int, Word]]) -> list[Find]:
    sure = [word for _, word in hits if not word.ambiguous]
    strong = any(word.severity >= EXPLICIT_WORD for word in sure)
    confirmed = {word.category for word in sure if word.severity >= _CONFIRMING}
    return [
        (number, word.category, word.severity)
        for number, word in hits
        if not word.ambiguous or strong or word.category in confirmed
    ]


def _in_line(line: Line, tables: list[ExplicitWords]) -> list[tuple[int, Word]]:
    text = tokens.plain(line.text)
    parts = clauses(text)
    sure = {category for table in tables for part in parts for category in table.sure(part)}
    pieces = tokens.chunks(text)
    excused = {place for table in tables for place in table.excused(pieces)}
    found = [word for table in tables for part in parts for word in table.said(part)]
    for place, chunk in enumerate(pieces):
        hit = None if place in excused or _is_name(chunk, text, tables) else _find(chunk, tables)
        if hit:
            found.append(replace(hit, ambiguous=hit.ambiguous and hit.category not in sure))
    return [(line.number, word) for word in found]


def _find(chunk: str, tables: list[ExplicitWords]) -> Word | None:
    hit = next((found for table in tables if (found := table.find(chunk))), None)
    if hit is None and "-" in chunk:
        # Half of a compound counts only when it's strong: fuck-up, but not sea-weed or pussy-cat.
        halves = [half for part in chunk.split("-") if (half := _find(part, tables))]
        hit = next((half for half in halves if half.severity >= EXPLICIT_WORD and not half.ambiguous), None)
    return hit


def _is_name(chunk: str, text: str, tables: list[ExplicitWords]) -> bool:
    if not any(chunk in table.names for table in tables):
        return False
    return re.search(rf"\b{re.escape(chunk.title())}\b", text) is not None
