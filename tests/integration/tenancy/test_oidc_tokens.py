"""Logout tokens, keys and metadata of a provider that this file plays itself, over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tenancy.oidc import tokens
from tenancy.oidc.attempts import Attempts
from tenancy.oidc.flow import SignIn
from tenancy.oidc.providers import Provider, ProviderConfig, Providers, ProviderUnavailable
from tenancy.oidc.tokens import LOGOUT_EVENT, InvalidToken
from tenancy.valkey import connect

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Issuer(ThreadingHTTPServer):
    """`says` is its metadata, beyond what it has to say."""

    says: dict[str, Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        url = self.server.url
        body: Any = {"keys": [KEY.as_dict(private=False)]}
        if self.path == "/.well-known/openid-configuration":
            body = {
                "issuer": url,
                "authorization_endpoint": f"{url}/auth",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/jwks",
                **self.server.says,
            }
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    server = Issuer(("127.0.0.1", 0), Answer)
    server.says = {}
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def config(issuer: Issuer) -> ProviderConfig:
    return ProviderConfig("okta", "Okta", issuer.url, "rap-analyzer", audience="api")


def logout_token(issuer: Issuer, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A good one, but for the changes; None leaves a claim out."""
    claims = {
        "iss": issuer.url,
        "aud": "rap-analyzer",
        "iat": int(time.time()),
        "jti": uuid4().hex,
        "sub": "ada",
        "events": {LOGOUT_EVENT: {}},
        **changes,
    }
    said = {"alg": "RS256", "kid": "one", "typ": "logout+jwt", **(header or {})}
    return jwt.encode(said, {name: value for name, value in claims.items() if value is not None}, KEY)


async def test_a_good_logout_token(issuer: Issuer) -> None:
    found = await tokens.logout_token(Provider(config(issuer)), logout_token(issuer, sid="s1"))
    assert (found["sub"], found["sid"]) == ("ada", "s1")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"}, {"aud": "another-client"}, {"iat": None}, {"jti": None},
        {"iat": 1_000_000_000}, {"iat": 9_999_999_999}, {"exp": 1_000_000_000}, {"events": None},
        {"events": {}}, {"events": {LOGOUT_EVENT: True}}, {"events": "x"}, {"nonce": "n"}, {"sub": None},
        {"sub": 7}, {"header": {"typ": "at+jwt"}}, {"header": {"typ": "JWE"}},
    ],
)  # fmt: skip
async def test_other_logout_tokens_are_refused(issuer: Issuer, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        await tokens.logout_token(Provider(config(issuer)), logout_token(issuer, **changes))


async def test_a_logout_token_counts_once(issuer: Issuer, valkey_url: str) -> None:
    async with connect(valkey_url) as valkey:
        sign_in = SignIn(Providers([config(issuer)]), Attempts(valkey), "https://rap.example")
        token = logout_token(issuer, sid="s1")
        assert await sign_in.signed_out("okta", token) == ("ada", "s1")
        with pytest.raises(InvalidToken, match="before"):
            await sign_in.signed_out("okta", token)


async def test_an_algorithm_that_is_not_allowed(issuer: Issuer) -> None:
    narrow = replace(config(issuer), algorithms=("ES256",))
    with pytest.raises(InvalidToken, match="algorithm"):
        await tokens.logout_token(Provider(narrow), logout_token(issuer))


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://other.example"}, {"jwks_uri": "http://192.0.2.1/jwks"}, {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)  # fmt: skip
async def test_metadata_that_can_not_be_trusted(issuer: Issuer, says: dict[str, Any]) -> None:
    issuer.says = says
    with pytest.raises(ProviderUnavailable):
        await Provider(config(issuer)).metadata()


async def test_a_provider_that_is_away(issuer: Issuer) -> None:
    away = replace(config(issuer), issuer="http://127.0.0.1:1")
    with pytest.raises(ProviderUnavailable, match="ConnectError"):
        await Provider(away).keys()
