"""An API key becomes a Principal, remembered for a moment."""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from tenancy import key_format
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.principals import Principal, TenantSuspended, Unauthenticated
from tenancy.restrictions import Caller, Restrictions
from tenancy.scopes import Scope

# How long a revoked key can go on working where the message of its end is lost (tenancy.invalidation).
CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000
NOWHERE = Caller()


class Authenticator:
    """Checks API keys against the database, remembering the good ones for CACHE_SECONDS.

    `used` collects when each (tenant, key) was last seen, until somebody stores it (tenancy.last_use).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._forgotten = 0  # how many times: what was looked up meanwhile may be out of date
        self._watchers: dict[asyncio.Event, tuple[UUID, UUID]] = {}
        self.used: dict[tuple[UUID, UUID], datetime] = {}

    async def authenticate(self, authorization: str | None, caller: Caller = NOWHERE) -> Principal:
        """`authorization` is the header's value, `Bearer <API key>`.

        Raises Unauthenticated, TenantSuspended, or CallerRefused.
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
            forgotten = self._forgotten
            principal = await self._look_up(token)
            if forgotten == self._forgotten:
                self._remember(token, principal)
        now = datetime.now(UTC)
        if principal.expires_at is not None and principal.expires_at <= now:
            raise Unauthenticated("This API key has expired. Create a new one, or rotate it.")
        principal.restrictions.check(caller)
        self.used[principal.tenant, principal.key] = now
        return principal

    def forget(self, tenant: UUID | None = None, key: UUID | None = None) -> None:
        """Looks this key, every key of this tenant, or every key up again, and wakes who watches them."""

        def concerned(its_tenant: UUID, its_key: UUID) -> bool:
            return (tenant is None or its_tenant == tenant) and (key is None or its_key == key)

        self._forgotten += 1
        for token, (_, principal) in list(self._known.items()):
            if concerned(principal.tenant, principal.key):
                del self._known[token]
        for changed, watched in self._watchers.items():
            if concerned(*watched):
                changed.set()

    @contextmanager
    def watching(self, principal: Principal) -> Iterator[asyncio.Event]:
        """An event that is set whenever the principal's key or tenant may have changed: ask again then."""
        changed = asyncio.Event()
        self._watchers[changed] = (principal.tenant, principal.key)
        try:
            yield changed
        finally:
            del self._watchers[changed]

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
            restrictions=Restrictions.parse(row["allowed_networks"], row["allowed_origins"]),
        )

    def _remember(self, token: str, principal: Principal) -> None:
        self._known[token] = (monotonic() + CACHE_SECONDS, principal)
        self._known.move_to_end(token)
        while len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
