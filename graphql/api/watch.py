"""Who stands behind something that stays open: it ends when their key, session or token does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog

from api.requests import CrossSiteRequest
from tenancy.authentication import Authenticator
from tenancy.principals import Principal, TenantSuspended, Unauthenticated
from tenancy.restrictions import Caller, CallerRefused

log = structlog.get_logger(__name__)

ENDED = (Unauthenticated, TenantSuspended, CallerRefused, CrossSiteRequest)


class Watch:
    """What one caller shows. `authenticate` comes first."""

    def __init__(self, authenticator: Authenticator, authorization: str | None, caller: Caller) -> None:
        self._authenticator = authenticator
        self._authorization = authorization
        self.caller = caller

    async def authenticate(self) -> Principal:
        """Raises one of ENDED."""
        self.principal = await self._authenticator.authenticate(self._authorization, self.caller)
        return self.principal

    async def hold(self, seconds: float) -> None:
        """Returns after `seconds`, in which it was good. Raises one of ENDED as soon as it is not."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while (left := until - clock()) > 0:
            await self._news(left)
            try:
                await self.authenticate()
            except ENDED:
                raise
            except Exception as error:  # the database or a provider is away: not the client's fault
                log.warning("principal_not_checked", error=type(error).__qualname__)

    async def _news(self, seconds: float) -> None:
        """Waits until it may have changed, until it expires, or until the time is over."""
        if self.principal.expires_at is not None:
            seconds = min(seconds, (self.principal.expires_at - datetime.now(UTC)).total_seconds())
        with self._authenticator.watching(self.principal, self._authorization, self.caller) as changed:
            try:
                async with asyncio.timeout(max(0.0, seconds)):
                    await changed.wait()
            except TimeoutError:
                pass
