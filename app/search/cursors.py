"""Where a page of a search ends: a score and a track, opaque to clients.

Scores depend on the query and the track alone, never on what else was found, so a position keeps
its meaning while tracks are added.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from uuid import UUID

from app.search.errors import InvalidCursor

_POSITION = struct.Struct(">d16s")


def encode(score: float, track: UUID) -> str:
    return base64.urlsafe_b64encode(_POSITION.pack(score, track.bytes)).decode()


def decode(cursor: str) -> tuple[float, UUID]:
    """Raises InvalidCursor."""
    try:
        score, track = _POSITION.unpack(base64.b64decode(cursor.encode("ascii"), b"-_", validate=True))
    except (ValueError, binascii.Error, struct.error):
        raise InvalidCursor from None
    position = score, UUID(bytes=track)
    if not math.isfinite(score) or encode(*position) != cursor:
        raise InvalidCursor
    return position
