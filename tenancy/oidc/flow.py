"""Signing in: the authorization code flow with PKCE, from the first redirect to an identity.

OpenID Connect Core 1.0 §3.1, RFC 7636 (PKCE, S256) and RFC 9207 (the issuer in the response). Authlib
speaks the protocol; what it leaves to its users is checked here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from tenancy.joining import Identity
from tenancy.members import EMAIL
from tenancy.oidc import tokens
from tenancy.oidc.addresses import path_here
from tenancy.oidc.attempts import Attempt, Attempts, digest
from tenancy.oidc.providers import TIMEOUT_SECONDS, Provider, Providers

SCOPE = "openid email profile"


class SignInRefused(Exception):
    """The provider did not sign you in, or its answer does not hold; the message says which."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it has to keep in a cookie until it comes back."""

    url: str
    browser: str = field(repr=False)


class SignIn:
    """The flow, for all providers; `public_url` is ours, without a slash at its end."""

    def __init__(self, providers: Providers, attempts: Attempts, public_url: str) -> None:
        self.providers = providers
        self._attempts = attempts
        self._public_url = public_url

    def redirect_uri(self, provider: str) -> str:
        """One a provider: a response that comes to another one's is not for us (RFC 9700 §2.1)."""
        return f"{self._public_url}/auth/callback/{provider}"

    def address(self, provider: str, tenant: str) -> str:
        """As the function `address` says it."""
        return address(self._public_url, provider, tenant)

    async def begin(self, name: str | None, tenant: str | None, next_: str | None) -> Begun:
        """Raises UnknownProvider, ProviderUnavailable or AttemptsUnavailable."""
        provider = self.providers.named(name)
        metadata = await provider.metadata()
        browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(provider.config.name, nonce, verifier, digest(browser), tenant, path_here(next_))
        state = await self._attempts.keep(attempt)
        async with self._client(provider, metadata) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(url, browser)

    async def finish(self, name: str, response: Mapping[str, str], browser: str) -> tuple[Identity, Attempt]:
        """Who has signed in, of the parameters that came to `redirect_uri(name)`.

        Raises UnknownProvider, UnknownAttempt, SignInRefused, InvalidToken, ProviderUnavailable or
        AttemptsUnavailable.
        """
        provider = self.providers.named(name)
        attempt = await self._attempts.take(response.get("state", ""), browser)
        metadata = await provider.metadata()
        if attempt.provider != name:
            raise SignInRefused("This answer is another provider's than the one that was asked. Begin again.")
        check_issuer(provider, metadata, response)
        if "error" in response or not response.get("code"):
            told = response.get("error", "no code")[:100]
            raise SignInRefused(f"{provider.config.title} did not sign you in: {told}.")
        async with self._client(provider, metadata) as client:
            answer = await exchanged(client, metadata, response["code"], attempt.verifier)
            text = answer.get("id_token")
            if not isinstance(text, str):
                raise SignInRefused(f"{provider.config.title} gave no ID token.")
            claims = await tokens.id_token(provider, text, attempt.nonce, answer.get("access_token"))
            if "email" not in claims and "userinfo_endpoint" in metadata:
                claims = {**await more_about(client, metadata, claims["sub"]), **claims}
        return identity_of(provider, claims), attempt

    async def signed_out(self, name: str, token: str) -> tuple[str | None, str | None]:
        """Whom a logout token is about: subject and session, either of them None.

        Raises UnknownProvider, InvalidToken, ProviderUnavailable or AttemptsUnavailable.
        """
        claims = await tokens.logout_token(self.providers.named(name), token)
        kept = 2 * tokens.LEEWAY_SECONDS + tokens.LOGOUT_SECONDS
        if not await self._attempts.is_new(f"{name}:{claims['jti']}", kept):
            raise tokens.InvalidToken("This logout token was used before.")
        return claims.get("sub"), claims.get("sid")

    def _client(self, provider: Provider, metadata: Mapping[str, Any]) -> AsyncOAuth2Client:
        config = provider.config
        offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return AsyncOAuth2Client(
            config.client_id,
            config.client_secret,
            token_endpoint_auth_method=method if config.client_secret else "none",
            scope=SCOPE,
            redirect_uri=self.redirect_uri(config.name),
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )


def address(public_url: str, provider: str, tenant: str) -> str:
    """Where somebody signs in to a tenant: a link to send them."""
    return f"{public_url}/auth/login?{urlencode({'provider': provider, 'tenant': tenant})}"


def check_issuer(provider: Provider, metadata: Mapping[str, Any], response: Mapping[str, str]) -> None:
    """RFC 9207: a provider that says who it is has to say so each time. Raises SignInRefused."""
    told = response.get("iss")
    needed = metadata.get("authorization_response_iss_parameter_supported") is True
    if told != provider.config.issuer and (told is not None or needed):
        raise SignInRefused("This answer is another provider's than the one that was asked. Begin again.")


async def exchanged(
    client: AsyncOAuth2Client, metadata: Mapping[str, Any], code: str, verifier: str
) -> dict[str, Any]:
    """The provider's tokens for a code. Raises SignInRefused."""
    try:
        answer = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
    except AuthlibBaseError as error:
        raise SignInRefused(f"The provider takes this sign-in's code no more: {error.error}.") from error
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise SignInRefused(f"The provider gave no tokens: {type(error).__name__}. Begin again.") from error
    return dict(answer)


async def more_about(client: AsyncOAuth2Client, metadata: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The claims of the userinfo endpoint, where providers keep what is not about signing in."""
    try:
        response = await client.get(metadata["userinfo_endpoint"])
        response.raise_for_status()
        found = response.json()
    except (AuthlibBaseError, httpx.HTTPError, ValueError) as error:
        raise SignInRefused(f"The provider says nothing about you: {type(error).__name__}.") from error
    if not isinstance(found, dict) or found.get("sub") != subject:  # Core §5.3.2: it may be about another
        raise SignInRefused("The provider's userinfo is about somebody else.")
    return found


def identity_of(provider: Provider, claims: Mapping[str, Any]) -> Identity:
    email = claims.get("email")
    verified = claims.get("email_verified") is True or provider.config.trusts_email
    email = email.strip().lower() if isinstance(email, str) and verified else None
    name, session = claims.get("name"), claims.get("sid")
    return Identity(
        provider=provider.config.name,
        subject=claims["sub"],
        email=email if email is not None and EMAIL.fullmatch(email) else None,
        name=name[:200] if isinstance(name, str) and name.isprintable() else None,
        session=session if isinstance(session, str) else None,
    )
