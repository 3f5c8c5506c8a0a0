"""Who is asking: an API key becomes a Principal."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from tenancy import key_format
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.scopes import Scope

CACHE_SECONDS = 1.0  # how long a revoked key can go on working
CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """A key of a tenant, with what it may do. Equal principals share cached plans by their scopes."""

    tenant: UUID
    tenant_slug: str
    plan: str
    key: UUID
    key_name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


class Unauthenticated(Exception):
    """No key, or not one that works. The message says which, but never whether a key exists."""


class TenantSuspended(Exception):
    """This tenant is suspended or closed: nothing is lost. Ask your operator to resume it."""


class Authenticator:
    """Checks API keys against the database, remembering the good ones for CACHE_SECONDS."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def authenticate(self, authorization: str | None) -> Principal:
        """`authorization` is the header's value, `Bearer <API key>`.

        Raises Unauthenticated, or TenantSuspended.
        """
        if not authorization:
            raise Unauthenticated("Send an API key: Authorization: Bearer rap_live_…")
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthenticated("The Authorization header has to read: Bearer <API key>.")
        token = token.strip()
        known = self._known.get(token)
        if known is not None and known[0] > monotonic():
            principal = known[1]
        else:
            principal = await self._look_up(token)
            self._remember(token, principal)
        if principal.expires_at is not None and principal.expires_at <= datetime.now(UTC):
            raise Unauthenticated("This API key has expired. Create a new one, or rotate it.")
        return principal

    async def _look_up(self, token: str) -> Principal:
        try:
            key = key_format.parse(token)
        except key_format.MalformedKey as error:
            raise Unauthenticated(
                "This is not an API key: its checksum does not fit. Copy it again, whole."
            ) from error
        async with self._database.unpinned() as connection:
            row = await connection.fetchrow("select * from authenticate_key($1)", key.key_id)
        # Compared even without a row, so that timing does not tell which key ids exist.
        stored = row["secret_hash"] if row else bytes(32)
        if not hmac.compare_digest(stored, key.secret_hash) or row is None or row["revoked_at"] is not None:
            raise Unauthenticated("This API key is unknown or revoked.")
        if row["status"] != TenantStatus.ACTIVE:
            raise TenantSuspended
        return Principal(
            tenant=row["tenant_id"],
            tenant_slug=row["slug"],
            plan=row["plan"],
            key=row["id"],
            key_name=row["name"],
            scopes=frozenset(Scope(name) for name in row["scopes"]),
            expires_at=row["expires_at"],
        )

    def _remember(self, token: str, principal: Principal) -> None:
        self._known[token] = (monotonic() + CACHE_SECONDS, principal)
        self._known.move_to_end(token)
        while len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
