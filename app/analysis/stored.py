"""A result as the database keeps it: the parts of an analysis, its details marked with their type."""

from __future__ import annotations

from dataclasses import asdict, fields
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
    """The columns of `analyses` that a result fills, for `tenancy.sql.to_json`, which knows dataclasses.

    `details["kind"]` is the name of the API's type.
    """
    details = result.details
    return {
        "status": result.status.value,
        "sentiment": result.sentiment and result.sentiment.value,
        "themes": [label.name for label in result.labels if label.kind == "theme"],
        "scores": result.scores,
        "labels": result.labels,
        "evidence": result.evidence,
        "details": details and {"kind": type(details).__name__, **shallow(details)},
        "error": result.error,
    }


def shallow(details: Details) -> dict[str, Any]:
    """The fields as they are: `asdict` would copy what is inside, which takes ten times as long."""
    return {field.name: getattr(details, field.name) for field in fields(details)}


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
        "shared": use is not None and use.shared,
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
    values = {
        name: [ITEMS[name](**item) for item in value] if name in ITEMS else value
        for name, value in stored.items()
        if name != "kind"
    }
    rebuilt: Details = kind(**values)
    return rebuilt


def profile(whole: Profile | None) -> dict[str, Any] | None:
    """The `profile` column of a track, and the API's."""
    return None if whole is None else asdict(whole)
