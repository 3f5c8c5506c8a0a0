"""A result as the database keeps it: the parts of an analysis, its details marked with their type."""

from __future__ import annotations

from typing import Any

from app.analysis.results import Result
from app.analysis.serialize import to_dict


def parts(result: Result) -> dict[str, Any]:
    """The columns of `analyses` that a result fills; `details["kind"]` is the name of the API's type."""
    values = to_dict(result)
    if result.details is not None:
        values["details"] = {"kind": type(result.details).__name__, **values["details"]}
    return values
