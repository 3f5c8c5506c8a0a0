"""Explicit content: which kinds, how severe, and the lines."""

from __future__ import annotations

import math
import re

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.content import tokens
from app.analysis.analyzers.content.words import ExplicitWords, Word, explicit_words
from app.analysis.results import ContentDetails, Evidence, Label, Result, Score, Status
from app.lyrics.text import Line, Lyrics

# A group of words at least this severe makes a text explicit by a single use, as one "fuck" does for a
# parental-advisory label; milder groups must add up to it.
EXPLICIT_WORD = 0.55
EXPLICIT_TEXT = 0.5
# "на суку" is on a branch and "с сука" off one: the noun сук, not the insult.
_BRANCH = frozenset({"на", "с", "по", "под", "о"})
_NAME = re.compile(r"\bDick\b")
_BRANCH_FORMS = frozenset({"сука", "суке", "суку", "суки"})

Find = tuple[int, str, float]  # line number, category, severity


class ContentAnalyzer:
    """Severity of a category is s · (.6 + .4 · (1 - exp(-n / 3))).

    s is that of its gravest word and n its uses per 100 words (of a text shorter than that, its uses).

    The text's severity is its gravest category's. A label's confidence is 1 - .5^u for u uses weighted by
    severity / .55: one strong word gives .5 or more, since words of both meanings exist.
    """

    name = "content"
    version = "1.0.0"
    title = "Explicit content"
    description = "Strong language, sex, violence, drugs, slurs and self-harm, with severity and the lines."
    kind = "LOCAL"
    languages = ("en", "ru")

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded when empty or in an unknown language; both languages' words count in a mixed text."""
        reason = unfit(lyrics, self.languages)
        if reason:
            return reason
        tables = self._tables(lyrics)
        finds = [find for line in lyrics.lines for find in _in_line(line, tables)]
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
            confidence = 1 - 0.5 ** sum(severity / EXPLICIT_WORD for _, severity in uses)
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


def _find(chunk: str, tables: list[ExplicitWords]) -> Word | None:
    return next((found for table in tables if (found := table.find(chunk))), None)


def _in_line(line: Line, tables: list[ExplicitWords]) -> list[Find]:
    found: list[Find] = []
    pieces = tokens.chunks(line.text)
    for before, chunk in zip(["", *pieces], pieces, strict=False):
        if chunk in _BRANCH_FORMS and before in _BRANCH:
            continue
        if chunk == "dick" and _NAME.search(line.text):
            continue
        hit = _find(chunk, tables)
        if hit is None and "-" in chunk:
            # Half of a compound counts only when it's strong: fuck-up, but not sea-weed.
            parts = [word for part in chunk.split("-") if (word := _find(part, tables))]
            hit = next((part for part in parts if part.severity >= EXPLICIT_WORD), None)
        if hit:
            found.append((line.number, hit.category, hit.severity))
    if len(line.words) > 1:
        text = " ".join(line.words)
        for table in tables:
            found += [(line.number, f.category, f.severity) for phrase, f in table.phrases if phrase in text]
    return found
