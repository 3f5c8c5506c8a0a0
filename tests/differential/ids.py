"""Global ids: a prefix for the kind, and the UUID in hexadecimal digits."""

from __future__ import annotations

from uuid import UUID

from tests.differential.errors import Refused
from tests.differential.rows import TYPES

PREFIXES = {
    "Track": "trk", "Artist": "art", "Analysis": "ana", "AnalysisRun": "run", "Tenant": "ten",
    "ApiKey": "key", "Member": "mem",
}  # fmt: skip
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
TABLES = {kind: table for table, kind in TYPES.items()}


def global_id(kind: str, id_: UUID) -> str:
    return f"{PREFIXES[kind]}_{id_.hex}"


def split(id_: str) -> tuple[str | None, UUID | None]:
    """The kind and the UUID of a global id; neither for what is none."""
    prefix, _, rest = id_.partition("_")
    try:
        return (KINDS[prefix], UUID(rest)) if len(rest) == 32 else (None, None)
    except (KeyError, ValueError):
        return None, None


def uuid(id_: str, prefix: str, kind: str) -> UUID:
    """Raises Refused for an id of another type or of none."""
    try:
        if id_.startswith(f"{prefix}_") and len(id_) == 36:
            return UUID(id_[4:])
    except ValueError:
        pass
    raise Refused(f"{id_[:80]!r} is not the id of {kind}: those start with {prefix}_.")
