"""Results as plain JSON-able values: what `rap-analyzer analyze` prints and what the database keeps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.analysis.results import Result


def to_dict(result: Result) -> dict[str, Any]:
    """`result` with the schema's names in snake_case; `themes` lists the names of its theme labels."""
    return {
        "status": str(result.status),
        "sentiment": None if result.sentiment is None else str(result.sentiment),
        "themes": [label.name for label in result.labels if label.kind == "theme"],
        "scores": [asdict(score) for score in result.scores],
        "labels": [asdict(label) for label in result.labels],
        "evidence": [asdict(evidence) for evidence in result.evidence],
        "details": None if result.details is None else asdict(result.details),
        "error": result.error,
    }
