"""A result as the database keeps it: the parts of an analysis, its details marked with their type."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import Any

from app.analysis import results
from app.analysis.models import Analysis
from app.analysis.profile import Profile
from app.analysis.results import (
    Details,
    Evidence,
    Label,
    Result,
    RhymePair,
    Score,
    Sentiment,
    Status,
    Verdict,
)
from app.analysis.serialize import to_dict

# The lists inside of details, by the names of their fields.
ITEMS: dict[str, type[Label | Score | RhymePair | Verdict]] = {
    "themes": Label,
    "entities": Label,
    "categories": Label,
    "emotions": Score,
    "pairs": RhymePair,
    "verdicts": Verdict,
}


def parts(result: Result) -> dict[str, Any]:
    """The columns of `analyses` that a result fills; `details["kind"]` is the name of the API's type."""
    values = to_dict(result)
    if result.details is not None:
        values["details"] = {"kind": type(result.details).__name__, **values["details"]}
    return values


def provenance(result: Result, text: str) -> dict[str, Any]:
    """The columns that say how a result of these lyrics came about, beside its version and duration."""
    use = result.use
    return {
        "input_hash": sha256(text.encode()).hexdigest() if use is None else use.input_hash,
        "model": use and use.model,
        "prompt_hash": use and use.prompt_hash,
        "tokens_in": use and use.tokens_in,
        "tokens_out": use and use.tokens_out,
        "cost_usd": use and use.cost_usd,
        "cached": use is not None and use.cached,
    }


def result(row: Analysis) -> Result:
    """The result that `parts` made columns of."""
    return Result(
        status=Status(row.status),
        details=details(row.details),
        sentiment=None if row.sentiment is None else Sentiment(row.sentiment),
        scores=tuple(Score(**score) for score in row.scores),
        labels=tuple(Label(**label) for label in row.labels),
        evidence=tuple(Evidence(**evidence) for evidence in row.evidence),
        error=row.error,
    )


def details(stored: dict[str, Any] | None) -> Details | None:
    """None for details of another making, which only their own analyzer can read."""
    kind = getattr(results, (stored or {}).get("kind", ""), None)
    if stored is None or kind is None:
        return None
    fields = {
        name: [ITEMS[name](**item) for item in value] if name in ITEMS else value
        for name, value in stored.items()
        if name != "kind"
    }
    rebuilt: Details = kind(**fields)
    return rebuilt


def profile(whole: Profile | None) -> dict[str, Any] | None:
    """The `profile` column of a track, and the API's."""
    return None if whole is None else asdict(whole)
