"""Programs with access tokens of a provider: RFC 9068, checked against its keys."""

from __future__ import annotations

import base64
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from app.provision import SETUP
from tenancy import authentication, members
from tenancy.database import Database
from tenancy.oidc import providers
from tenancy.scopes import Role
from tests.builders import new_tenant
from tests.oidc.conftest import AUDIENCE, Issuers
from tests.oidc.invitations import slug_of
from tests.service import Service

VIEWER = "{ viewer { principal scopes member { subject } tenant { slug } } }"


async def token_of(issuer: str, scope: str = "tracks:read usage:read", audience: str = AUDIENCE) -> str:
    """An access token that the provider gives the program `robot`."""
    async with httpx.AsyncClient(auth=("robot", "a secret of the robot".replace(" ", "+"))) as http:
        response = await http.post(
            f"{issuer}/token",
            data={"grant_type": "client_credentials", "resource": audience, "scope": scope},
        )
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


async def admitted(database: Database, role: Role = Role.ADMIN, provider: str = "okta") -> tuple[Any, str]:
    """A tenant that has let the robot in: id and slug."""
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        await members.invite(session, tenant, provider, role, SETUP, subject="robot", name="Robot")
    return tenant, await slug_of(database, tenant)


async def ask(people: Service, token: str, slug: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} | ({"Rap-Tenant": slug} if slug else {})
    return await people.http.post("/graphql", json={"query": VIEWER}, headers=headers)


async def test_a_program_comes_with_a_token(people: Service, issuers: Issuers, database: Database) -> None:
    _, slug = await admitted(database)
    response = await ask(people, await token_of(issuers.okta), slug)
    viewer = response.json()["data"]["viewer"]
    assert (viewer["principal"], viewer["member"], viewer["tenant"]) == (
        "Robot", {"subject": "robot"}, {"slug": slug},
    )  # fmt: skip
    # The role would allow more; the token's own scopes are the narrower.
    assert viewer["scopes"] == ["tracks:read", "usage:read"]


async def test_a_role_bounds_what_a_token_says(people: Service, issuers: Issuers, database: Database) -> None:
    _, slug = await admitted(database, Role.VIEWER)
    response = await ask(people, await token_of(issuers.okta, "tracks:read admin:members"), slug)
    assert response.json()["data"]["viewer"]["scopes"] == ["tracks:read"]


async def test_a_subject_of_several_tenants_says_which(
    people: Service, issuers: Issuers, database: Database
) -> None:
    slugs = [(await admitted(database))[1] for _ in range(2)]
    token = await token_of(issuers.okta)
    told = (await ask(people, token, None)).json()["errors"][0]
    assert told["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Rap-Tenant" in told["message"]
    for slug in slugs:
        assert (await ask(people, token, slug)).json()["data"]["viewer"]["tenant"] == {"slug": slug}
    other = await slug_of(database, await new_tenant(database))
    assert (await ask(people, token, other)).status_code == 401


@pytest.mark.parametrize("what", ["other audience", "opaque", "id token type", "other provider"])
async def test_other_tokens_are_refused(
    people: Service, issuers: Issuers, database: Database, what: str
) -> None:
    _, slug = await admitted(database)
    audience = {"other audience": f"{AUDIENCE}/other", "opaque": "https://elsewhere.test"}.get(what, AUDIENCE)
    issuer = issuers.mallory if what == "other provider" else issuers.okta
    token = await token_of(issuer, audience=audience)
    if what == "id token type":
        header, *rest = token.split(".")
        token = ".".join([encoded({**decoded(header), "typ": "JWT"}), *rest])
    response = await ask(people, token, slug)
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def claims(issuer: str, **others: Any) -> dict[str, Any]:
    return {"iss": issuer, "aud": AUDIENCE, "sub": "robot", "exp": int(time.time()) + 600, **others}


@pytest.mark.parametrize("kind", ["unsigned", "by our own key", "by the secret of the provider"])
async def test_forged_tokens_are_refused(
    people: Service, issuers: Issuers, database: Database, kind: str
) -> None:
    _, slug = await admitted(database)
    genuine = decoded((await token_of(issuers.okta)).split(".")[0])
    header = {"typ": "at+jwt", "kid": genuine["kid"]}
    if kind == "unsigned":
        token = f"{encoded({**header, 'alg': 'none'})}.{encoded(claims(issuers.okta))}."
    elif kind == "by our own key":
        token = jwt.encode({**header, "alg": "RS256"}, claims(issuers.okta), RSAKey.generate_key(2048))
    else:
        shared = OctKey.import_key("a secret of the tests, long enough")
        token = jwt.encode({**header, "alg": "HS256"}, claims(issuers.okta), shared)
    assert (await ask(people, token, slug)).status_code == 401


async def test_a_token_ends_when_it_says(
    people: Service, issuers: Issuers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, slug = await admitted(database)
    token = await token_of(issuers.okta)
    assert (await ask(people, token, slug)).status_code == 200
    payload = decoded(token.split(".")[1])

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(payload["exp"] + 1, tz)

    monkeypatch.setattr(authentication, "datetime", Later)
    assert (await ask(people, token, slug)).status_code == 401


async def test_new_keys_are_found_and_made_up_ones_are_not_sought_for_ever(
    people: Service, issuers: Issuers, database: Database
) -> None:
    _, slug = await admitted(database)
    old = await token_of(issuers.okta)
    assert (await ask(people, old, slug)).status_code == 200
    await issuers.rotate()
    new = await token_of(issuers.okta)
    assert decoded(old.split(".")[0])["kid"] != decoded(new.split(".")[0])["kid"]
    assert (await ask(people, new, slug)).status_code == 200
    before = await issuers.keys_read()
    key = RSAKey.generate_key(2048)
    for _ in range(3 * providers.REFETCHES):
        header = {"alg": "RS256", "typ": "at+jwt", "kid": uuid4().hex}
        forged = jwt.encode(header, claims(issuers.okta), key)
        assert (await ask(people, forged, slug)).status_code == 401
    assert await issuers.keys_read() - before <= providers.REFETCHES


def encoded(values: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
