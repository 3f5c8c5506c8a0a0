"""What a source gives for each line: a record to look at, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """The named values that begin on `line` (counted from 1), unchecked."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that gives no song. `reason` is for a person and quotes no lyrics; `field` names the column."""

    line: int
    reason: str
    field: str | None = None


class Unreadable(Exception):
    """The file as a whole can't be imported; the message says what to do."""
