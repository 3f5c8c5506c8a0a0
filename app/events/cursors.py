"""Cursors: where in a tenant's events a subscriber stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHAPE = re.compile(r"(\d{1,18})-(\d{1,14})", re.ASCII)


class InvalidCursor(Exception):
    """This cursor is not one of ours: pass one that an event gave you, unchanged."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The event at `position` (from 1, without gaps) and all before it are seen; `0-0` is before the first.

    Its text is the event's id in the stream, `<position>-<milliseconds since 1970>`. Only the position
    orders; the time lets a subscriber that was away for too long be told since when.
    """

    position: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.position}-{(self.at - EPOCH) // timedelta(milliseconds=1)}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises InvalidCursor."""
        match = SHAPE.fullmatch(text)
        if match is None:
            raise InvalidCursor
        return cls(int(match[1]), EPOCH + timedelta(milliseconds=int(match[2])))
