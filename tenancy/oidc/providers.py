"""Identity providers: what we know of them, what they say of themselves, and their keys.

OpenID Connect Discovery 1.0: https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tenancy.oidc.addresses import is_safe

log = structlog.get_logger(__name__)

FRESH_SECONDS = 3600.0  # after which metadata and keys are read again
TIMEOUT_SECONDS = 5.0
REFETCHES, WINDOW_SECONDS = 5, 60.0  # readings of the keys for key ids that nobody knows, at most


class ProviderUnavailable(Exception):
    """The identity provider does not answer, or not as OpenID Connect wants it. Try again in a minute."""


class UnknownProvider(LookupError):
    """There is no such identity provider."""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What an operator says of a provider; `app.settings` describes each part."""

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    audience: str | None = None
    algorithms: tuple[str, ...] = ("RS256", "ES256", "Ed25519", "EdDSA")
    token_types: tuple[str, ...] = ("at+jwt",)
    trusts_email: bool = False


class Provider:
    """One provider, as it answers. Everything it says is read again after FRESH_SECONDS."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._refetches: deque[float] = deque(maxlen=REFETCHES)
        self._reading = asyncio.Lock()

    async def metadata(self) -> dict[str, Any]:
        """Raises ProviderUnavailable, also for the metadata of another issuer."""
        async with self._reading:
            if self._metadata is None or self._metadata[0] < monotonic():
                issuer = self.config.issuer
                found = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    raise self._unusable("its metadata is another issuer's")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not is_safe(found.get(name)):
                        raise self._unusable(f"its {name} is missing, or is not https")
                self._metadata = monotonic() + FRESH_SECONDS, found
            return self._metadata[1]

    async def keys(self) -> KeySet:
        """Raises ProviderUnavailable."""
        known = self._keys
        return known[1] if known is not None and known[0] > monotonic() else await self._read_keys()

    async def newer_keys(self) -> KeySet | None:
        """The keys as they are now, for a token whose key we don't know; None where that was asked too often.

        Anybody can make up key ids: without a limit each of them would cost the provider a request.
        """
        now = monotonic()
        if len(self._refetches) == REFETCHES and self._refetches[0] > now - WINDOW_SECONDS:
            log.warning("keys_not_read_again", provider=self.config.name)
            return None
        self._refetches.append(now)
        return await self._read_keys()

    async def _read_keys(self) -> KeySet:
        metadata = await self.metadata()
        try:
            keys = KeySet.import_key_set(await self._get(metadata["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise self._unusable("its keys can't be read") from error
        self._keys = monotonic() + FRESH_SECONDS, keys
        return keys

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                response = await client.get(url, headers={"Accept": "application/json"})
            response.raise_for_status()
            found = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._unusable(type(error).__name__) from error
        if not isinstance(found, dict):
            raise self._unusable("it answers with something else than a JSON object")
        return found

    def _unusable(self, reason: str) -> ProviderUnavailable:
        log.warning("provider_unavailable", provider=self.config.name, reason=reason)
        return ProviderUnavailable(f"{self.config.title} can't be used now: {reason}. Try again in a minute.")


class Providers:
    """The providers of this installation, by name and by issuer."""

    def __init__(self, configs: Iterable[ProviderConfig] = ()) -> None:
        self._by_name = {config.name: Provider(config) for config in configs}
        self._by_issuer = {provider.config.issuer: provider for provider in self}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def named(self, name: str | None) -> Provider:
        """Without a name, the only one there is. Raises UnknownProvider."""
        if name is None and len(self) == 1:
            return next(iter(self))
        if name not in self._by_name:
            there = ", ".join(self._by_name) or "none are set up"
            raise UnknownProvider(f"Say which identity provider: {there}.")
        return self._by_name[name]

    def issuing(self, issuer: object) -> Provider | None:
        return self._by_issuer.get(issuer) if isinstance(issuer, str) else None
