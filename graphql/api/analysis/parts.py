"""The parts that every analysis is made of."""

from __future__ import annotations

from api.planner.fields import column, shape
from tenancy.scopes import Scope


@shape
class Score:
    """A measured quantity."""

    name: str = column("What was measured.")
    value: float = column("The figure: 0..1 unless `unit` says otherwise.")
    unit: str | None = column("`words`, `syllables`, `grade`, `-1..1`, …; null for 0..1.")


@shape
class Label:
    """A category that applies."""

    kind: str = column("What sort of category: `theme`, `emotion`, `content`, `person`, `place`, …")
    name: str = column("The category.")
    confidence: float = column("How sure the analyzer is, 0..1.")


@shape
class Evidence:
    """Lines that a label or a score rests on."""

    start_line: int = column("The first line, counted from 1 as in `Lyrics.lines`.")
    end_line: int = column("The last line.")
    # Nullable though it is always there: a key without lyrics:read still sees which lines count.
    text: str | None = column(
        "The lines themselves; one of over 400 characters ends in […]. Needs the scope lyrics:read.",
        scope=Scope.LYRICS_READ,
    )
    supports: str = column("Which label or score they support.")
