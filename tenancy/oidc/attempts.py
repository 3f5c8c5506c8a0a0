"""Sign-ins that have begun: what the browser has to bring back, kept for minutes and taken once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, field

import orjson

from tenancy.valkey import AWAY, Valkey

MINUTES = 10


class UnknownAttempt(Exception):
    """This sign-in was not begun in this browser, is over already, or has taken more than ten minutes.
    Begin again."""


class AttemptsUnavailable(Exception):
    """Signing in does not work at the moment. Try again in a minute; who is signed in can go on."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in. `browser` is the hash of what the browser keeps in a cookie meanwhile."""

    provider: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    browser: str
    tenant: str | None = None
    next: str = "/"


class Attempts:
    """Those of all processes, in Valkey."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    async def keep(self, attempt: Attempt) -> str:
        """The `state` that it is taken by. Raises AttemptsUnavailable."""
        state = secrets.token_urlsafe(32)
        try:
            await self._valkey.set(name(state), orjson.dumps(asdict(attempt)), ex=MINUTES * 60)
        except AWAY as error:
            raise AttemptsUnavailable from error
        return state

    async def take(self, state: str, browser: str) -> Attempt:
        """The attempt, which nobody can take again. Raises UnknownAttempt or AttemptsUnavailable."""
        try:
            found = await self._valkey.getdel(name(state))
        except AWAY as error:
            raise AttemptsUnavailable from error
        attempt = Attempt(**orjson.loads(found)) if found else None
        if attempt is None or not hmac.compare_digest(attempt.browser, digest(browser)):
            raise UnknownAttempt
        return attempt

    async def is_new(self, token: str, seconds: int) -> bool:
        """Whether this token's id was not seen within `seconds`; it is now. Raises AttemptsUnavailable."""
        try:
            return bool(
                await self._valkey.set(f"rap:token:{digest(token)}", b"", ex=max(1, seconds), nx=True)
            )
        except AWAY as error:
            raise AttemptsUnavailable from error


def name(state: str) -> str:
    return f"rap:sign-in:{digest(state)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
