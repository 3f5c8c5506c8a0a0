"""Global ids: a type's prefix and the UUID, such as `trk_0190f3a1b2c3d4e5f60718293a4b5c6d`."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from api.errors import InvalidArgument

TYPES = {
    "trk": "Track",
    "art": "Artist",
    "ana": "Analysis",
    "run": "AnalysisRun",
    "ten": "Tenant",
    "key": "ApiKey",
    "mem": "Member",
}
PREFIXES = {name: prefix for prefix, name in TYPES.items()}


def make(type_name: str, id_: UUID) -> str:
    return f"{PREFIXES[type_name]}_{id_.hex}"


def split(id_: str) -> tuple[str, UUID] | None:
    """The type's name and the UUID; None for what is no id of ours, which is answered like an unknown one."""
    prefix, _, rest = id_.partition("_")
    if prefix not in TYPES or len(rest) != 32:
        return None
    try:
        return TYPES[prefix], UUID(rest)
    except ValueError:
        return None


def parse(type_name: str, id_: str) -> UUID:
    """Raises InvalidArgument for an id of another type or of none."""
    parts = split(id_)
    if parts is None or parts[0] != type_name:
        raise InvalidArgument(
            f"{id_[:80]!r} is not the id of {a(type_name)}: those start with {PREFIXES[type_name]}_."
        )
    return parts[1]


def parse_all(type_name: str, ids: Iterable[str] | None) -> list[UUID] | None:
    return None if ids is None else [parse(type_name, id_) for id_ in ids]


def a(type_name: str) -> str:
    return f"{'an' if type_name[0] in 'AEIOU' else 'a'} {type_name}"
