"""Checking what a provider has signed: ID tokens, access tokens and logout tokens.

Every check is the specification's: OpenID Connect Core 1.0 §3.1.3.7, RFC 9068 §4 and OpenID Connect
Back-Channel Logout 1.0 §2.6.
"""

from __future__ import annotations

from time import time
from typing import Any

import orjson
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry, Token
from joserfc.util import urlsafe_b64decode

from tenancy.oidc.providers import Provider

LEEWAY_SECONDS = 60  # that clocks may differ
MAX_LENGTH = 16_384  # characters of a token
LOGOUT_SECONDS = 600  # that a logout token is good for after it was issued
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class InvalidToken(Exception):
    """A token that does not hold; the message says what is wrong with it, and nothing of what it holds."""


async def id_token(provider: Provider, text: str, nonce: str, access_token: str | None) -> dict[str, Any]:
    """The claims about who has just signed in. Raises InvalidToken or ProviderUnavailable."""
    token = await signed(provider, text)
    parameters = {"nonce": nonce, "client_id": provider.config.client_id, "access_token": access_token}
    options = {
        "iss": {"essential": True, "value": provider.config.issuer},
        "aud": {"essential": True, "value": provider.config.client_id},
    }
    claims = CodeIDToken(token.claims, token.header, options, parameters)
    try:
        claims.validate(leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidToken(f"The ID token does not hold: {reason(error)}.") from error
    return dict(claims)


async def access_token(provider: Provider, text: str) -> dict[str, Any]:
    """The claims of a bearer: RFC 9068. Raises InvalidToken or ProviderUnavailable."""
    config = provider.config
    if config.audience is None:
        raise InvalidToken(f"Access tokens of {config.title} are not accepted here.")
    token = await signed(provider, text)
    type_ = str(token.header.get("typ", "")).lower().removeprefix("application/")
    if type_ not in config.token_types:
        raise InvalidToken(f"The token's typ has to be {' or '.join(config.token_types)}.")
    validated(
        token,
        iss={"essential": True, "value": config.issuer},
        aud={"essential": True, "value": config.audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    return token.claims


async def logout_token(provider: Provider, text: str) -> dict[str, Any]:
    """The claims of a notice that somebody has signed out. Raises InvalidToken or ProviderUnavailable."""
    token = await signed(provider, text)
    type_ = str(token.header.get("typ", "")).lower().removeprefix("application/")
    if type_ not in ("", "jwt", "logout+jwt"):
        raise InvalidToken("The token's typ has to be logout+jwt.")
    validated(
        token,
        iss={"essential": True, "value": provider.config.issuer},
        aud={"essential": True, "value": provider.config.client_id},
        iat={"essential": True},
        jti={"essential": True},
    )
    claims, events = token.claims, token.claims.get("events")
    if claims["iat"] < time() - LOGOUT_SECONDS - LEEWAY_SECONDS:
        raise InvalidToken("The token is too old.")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise InvalidToken("The token's events are not those of a sign-out.")
    if "nonce" in claims:  # an ID token is no logout token
        raise InvalidToken("A logout token has no nonce.")
    if not any(isinstance(claims.get(name), str) for name in ("sub", "sid")):
        raise InvalidToken("The token says neither who has signed out nor which session has ended.")
    return claims


def issuer_of(text: str) -> object:
    """The issuer that an unchecked token names, to know whose keys to check it with. Raises InvalidToken."""
    try:
        return orjson.loads(urlsafe_b64decode(text.split(".")[1].encode())).get("iss")
    except (ValueError, IndexError, AttributeError) as error:
        raise InvalidToken("This is not a JSON Web Token.") from error


async def signed(provider: Provider, text: str) -> Token:
    """The token, proven by one of the provider's keys. Raises InvalidToken or ProviderUnavailable."""
    if len(text) > MAX_LENGTH:
        raise InvalidToken(f"The token is longer than {MAX_LENGTH} characters.")
    try:
        try:
            return decoded(provider, text, await provider.keys())
        except InvalidKeyIdError:  # the provider may have changed its keys
            newer = await provider.newer_keys()
            if newer is None:
                raise
            return decoded(provider, text, newer)
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidToken(f"The token does not hold: {reason(error)}.") from error


def decoded(provider: Provider, text: str, keys: KeySet) -> Token:
    # strict_check_header is about parameters that we neither know nor need.
    registry = JWSRegistry(algorithms=list(provider.config.algorithms), strict_check_header=False)
    return jwt.decode(text, keys, registry=registry)


def validated(token: Token, **options: Any) -> None:
    try:
        JWTClaimsRegistry(leeway=LEEWAY_SECONDS, **options).validate(token.claims)
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidToken(f"The token does not hold: {reason(error)}.") from error


def reason(error: Exception) -> str:
    """A library's word for it, such as expired_token: its messages can hold values."""
    claim = getattr(error, "claim", None)
    word = getattr(error, "error", None) or type(error).__name__
    return f"{word} ({claim})" if claim else str(word)
