"""Whoever shows a key, a session or a token becomes a Principal, remembered for a moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import structlog

from tenancy.database import Database
from tenancy.lookups import Lookups
from tenancy.oidc.providers import Providers
from tenancy.principals import Principal, PrincipalKind, TenantSuspended, Unauthenticated
from tenancy.restrictions import Caller, CallerRefused

log = structlog.get_logger(__name__)

# How long what was revoked can go on working where the message of its end is lost (tenancy.invalidation).
CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000
LOOKS = 4  # at a time, for those who watch
NOWHERE = Caller()
NO_PROVIDERS = Providers()
ENDED = {
    PrincipalKind.KEY: "This API key has expired. Create a new one, or rotate it.",
    PrincipalKind.MEMBER: "Your session or token has expired. Sign in again.",
}

Shown = tuple[str | None, Caller]  # what comes with a request, and where from


class Authenticator:
    """Checks what callers show against the database, remembering what was good for CACHE_SECONDS.

    `used` collects when each (tenant, key) was last seen, until somebody stores it (tenancy.last_use).
    """

    def __init__(self, database: Database, providers: Providers = NO_PROVIDERS) -> None:
        self._lookups = Lookups(database, providers)
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._forgotten = 0  # how many times: what was looked up meanwhile may be out of date
        self._watchers: dict[Shown, dict[asyncio.Event, Principal]] = {}
        self._looking: asyncio.Task[None] | None = None
        self.used: dict[tuple[UUID, UUID], datetime] = {}

    async def authenticate(self, authorization: str | None, caller: Caller = NOWHERE) -> Principal:
        """`authorization` is `Bearer <API key>`, `Bearer <access token>` or `Session <cookie>`.

        Raises Unauthenticated, TenantSuspended, CallerRefused or ProviderUnavailable.
        """
        if not authorization:
            raise Unauthenticated("Send an API key: Authorization: Bearer rap_live_…")
        shown = authorization if caller.tenant is None else f"{authorization} {caller.tenant}"
        known = self._known.get(shown)
        if known is not None and known[0] > monotonic():
            principal = known[1]
        else:
            forgotten = self._forgotten
            principal = await self._look_up(authorization, caller.tenant)
            if forgotten == self._forgotten:
                self._remember(shown, principal)
        now = datetime.now(UTC)
        if principal.expires_at is not None and principal.expires_at <= now:
            raise Unauthenticated(ENDED[principal.kind])
        principal.restrictions.check(caller)
        if principal.kind is PrincipalKind.KEY:
            self.used[principal.tenant, principal.id] = now
        return principal

    def forget(self, tenant: UUID | None = None, id_: UUID | None = None) -> None:
        """Looks this key or member, all of this tenant, or all there are up again, and wakes who watches."""

        def concerned(its_tenant: UUID, its_id: UUID) -> bool:
            return (tenant is None or its_tenant == tenant) and (id_ is None or its_id == id_)

        self._forgotten += 1
        for shown, (_, principal) in list(self._known.items()):
            if concerned(principal.tenant, principal.id):
                del self._known[shown]
        for watchers in self._watchers.values():
            for changed, principal in watchers.items():
                if concerned(principal.tenant, principal.id):
                    changed.set()

    @contextmanager
    def watching(
        self, principal: Principal, authorization: str | None, caller: Caller = NOWHERE
    ) -> Iterator[asyncio.Event]:
        """An event that is set whenever the principal or the tenant may have changed: ask again then.

        Where the message of that is lost, it is set within twice CACHE_SECONDS.
        """
        shown, changed = (authorization, caller), asyncio.Event()
        self._watchers.setdefault(shown, {})[changed] = principal
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again())
        try:
            yield changed
        finally:
            del self._watchers[shown][changed]
            if not self._watchers[shown]:
                del self._watchers[shown]
            if not self._watchers:
                self._looking.cancel()
                self._looking = None

    async def _look_again(self) -> None:
        """One look for all who show the same, spread over the time: they may be very many."""
        while True:
            shown = list(self._watchers)
            all_, pause = iter(shown), CACHE_SECONDS * LOOKS / max(LOOKS, len(shown))
            looks = (self._look_at(all_, pause) for _ in range(LOOKS))
            await asyncio.gather(asyncio.sleep(CACHE_SECONDS), *looks)

    async def _look_at(self, all_: Iterator[Shown], pause: float) -> None:
        for shown in all_:
            await asyncio.sleep(pause)
            found = None
            try:
                found = await self.authenticate(*shown)
            except (Unauthenticated, TenantSuspended, CallerRefused):
                pass
            except Exception as error:  # the database or a provider is away: that changes nothing
                log.warning("principal_not_checked", error=type(error).__qualname__)
                continue
            for changed, principal in self._watchers.get(shown, {}).items():
                if principal != found:
                    changed.set()

    async def _look_up(self, authorization: str, tenant: str | None) -> Principal:
        scheme, _, text = authorization.partition(" ")
        text = text.strip()
        if scheme.lower() == "session":
            principal = await self._lookups.session(text)
        elif scheme.lower() != "bearer" or not text:
            raise Unauthenticated("The Authorization header has to read: Bearer <API key>.")
        elif text.count(".") == 2:  # no API key has a dot, and every JSON Web Token has two
            principal = await self._lookups.token(text, tenant)
        else:
            principal = await self._lookups.key(text)
        if tenant not in (None, principal.tenant_slug):
            raise Unauthenticated("The header Rap-Tenant names another tenant than the one this is good for.")
        return principal

    def _remember(self, shown: str, principal: Principal) -> None:
        self._known[shown] = (monotonic() + CACHE_SECONDS, principal)
        self._known.move_to_end(shown)
        while len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
