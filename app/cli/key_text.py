"""Keys and durations as a person writes and reads them at the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import typer

if TYPE_CHECKING:
    from tenancy.models import ApiKey

UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
FOREVER = 100 * UNITS["y"]


def key_name(text: str) -> UUID | str:
    """An id, or a prefix; of a whole key, pasted by mistake, the prefix alone."""
    try:
        return UUID(text)
    except ValueError:
        return "_".join(text.split("_")[:3])


def expiry(text: str) -> datetime | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,9})([mhdwy])", text.strip().lower())
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < seconds <= FOREVER:
        raise typer.BadParameter("write it as 30m, 12h, 90d, 8w or 1y", param_hint="--expires-in")
    return datetime.now(UTC) + timedelta(seconds=seconds)


def grace_of(text: str) -> timedelta:
    from tenancy.api_keys import MAX_GRACE

    match = re.fullmatch(r"(\d{1,9})([mhdw])", text.strip().lower())
    grace = timedelta(seconds=int(match[1]) * UNITS[match[2]]) if match else MAX_GRACE * 2
    if grace > MAX_GRACE:
        raise typer.BadParameter("write it as 30m, 12h or 7d, at most 30d", param_hint="--grace")
    return grace


def as_line(key: ApiKey, secret: str | None = None) -> str:
    import orjson

    shown = {
        "id": str(key.id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "replaced_by": str(key.replaced_by) if key.replaced_by else None,
        "allowed_networks": key.allowed_networks,
        "allowed_origins": key.allowed_origins,
        "trusted_documents_only": key.trusted_documents_only,
    }
    return orjson.dumps(shown | ({"key": secret} if secret else {})).decode()


def as_text(key: ApiKey) -> str:
    state = "works"
    if key.revoked_at is not None:
        state = f"revoked {key.revoked_at:%Y-%m-%d}"
    elif key.expires_at is not None:
        passed = key.expires_at <= datetime.now(UTC)
        state = f"{'expired' if passed else 'works until'} {key.expires_at:%Y-%m-%d}"
    return f"{key.prefix}  {state:<22}  {key.name}  ({' '.join(key.scopes)})"
