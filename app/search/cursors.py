"""Where a page of a search ends: a score, a track, and what it was compared by; opaque to clients.

Scores depend on the query and the track alone, never on what else was found, so a position keeps
its meaning while tracks are added.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from dataclasses import dataclass
from uuid import UUID

from app.search.errors import InvalidCursor

_POSITION = struct.Struct(">d16sI")


@dataclass(frozen=True, slots=True)
class Position:
    """`by` tells the spaces that gave the score (`search.meaning`); 0 without any."""

    score: float
    track: UUID
    by: int = 0


def encode(position: Position) -> str:
    return base64.urlsafe_b64encode(
        _POSITION.pack(position.score, position.track.bytes, position.by)
    ).decode()


def decode(cursor: str) -> Position:
    """Raises InvalidCursor."""
    try:
        score, track, by = _POSITION.unpack(base64.b64decode(cursor.encode("ascii"), b"-_", validate=True))
    except (ValueError, binascii.Error, struct.error):
        raise InvalidCursor from None
    position = Position(score, UUID(bytes=track), by)
    if not math.isfinite(score) or encode(position) != cursor:
        raise InvalidCursor
    return position
