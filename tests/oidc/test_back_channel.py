"""A provider tells us that somebody has signed out there: OpenID Connect Back-Channel Logout 1.0."""

from __future__ import annotations

import re

import pytest

from tenancy.database import Database
from tests.integration.events.helpers import until
from tests.oidc.browser import Browser
from tests.oidc.conftest import Issuers
from tests.oidc.invitations import VIEWER, invited, somebody
from tests.oidc.test_tokens import token_of
from tests.service import Service


async def test_signing_out_at_the_provider_ends_the_session_here(
    people: Service, issuers: Issuers, database: Database
) -> None:
    email, other = somebody(), somebody()
    await invited(database, email)
    await invited(database, other)
    async with Browser() as browser, Browser() as bystander:
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email)
        await bystander.sign_in(f"{people.url}/auth/login?provider=okta", other)
        assert (await browser.ask(people.url, VIEWER)).status_code == 200
        form = await browser.follow(f"{issuers.okta}/session/end")
        xsrf = re.search(r'name="xsrf" value="([^"]+)"', form.text)
        assert xsrf is not None
        await browser.follow(f"{issuers.okta}/session/end/confirm", xsrf=xsrf[1], logout="yes")

        async def is_out() -> bool:
            return (await browser.ask(people.url, VIEWER)).status_code == 401

        await until(is_out)
        assert (await bystander.ask(people.url, VIEWER)).status_code == 200


@pytest.mark.parametrize("what", ["nothing", "text", "an access token", "json", "a large form"])
async def test_what_is_no_logout_token_is_refused(people: Service, issuers: Issuers, what: str) -> None:
    url = "/auth/backchannel/okta"
    if what == "json":
        response = await people.http.post(url, json={"logout_token": "x"})
    else:
        token = {"text": "a.b.c", "a large form": "x" * 100_000}.get(what, "")
        token = await token_of(issuers.okta) if what == "an access token" else token
        response = await people.http.post(url, data={"logout_token": token} if what != "nothing" else {})
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert response.headers["cache-control"] == "no-store"


async def test_a_provider_that_is_none(people: Service) -> None:
    response = await people.http.post("/auth/backchannel/nobody", data={"logout_token": "a.b.c"})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
