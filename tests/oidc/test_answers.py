"""Answers of a provider that do not hold: nobody gets in by them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tenancy.database import Database
from tests.oidc.browser import Browser, is_callback, parameters
from tests.oidc.conftest import Issuers
from tests.oidc.invitations import changed, invited, issuer_of, somebody
from tests.service import Service


async def test_an_answer_counts_once_and_in_its_own_browser(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser, Browser() as thief:
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email, is_callback)
        answer = browser.at
        stolen = await thief.follow(answer)
        assert stolen.status_code == 400
        assert "SIGN_IN_EXPIRED" in stolen.text
        # The thief's try has used it up: nobody gets in by it any more.
        assert (await browser.follow(answer)).status_code == 400
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email, is_callback)
        answer = browser.at
        assert (await browser.follow(answer)).status_code == 200
        replayed = await browser.follow(answer)
        assert replayed.status_code == 400
        assert "SIGN_IN_EXPIRED" in replayed.text


async def test_another_state_is_refused(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email, is_callback)
        page = await browser.follow(changed(browser.at, state="of-mine"))
        assert page.status_code == 400
        assert "SIGN_IN_EXPIRED" in page.text
        assert browser.session is None


async def test_another_nonce_is_refused(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        await browser.follow(f"{people.url}/auth/login?provider=okta", lambda _: True)
        page = await browser.sign_in(changed(browser.at, nonce="of-mine"), email)
        assert page.status_code == 400
        assert "INVALID_TOKEN" in page.text
        assert "nonce" in page.text
        assert browser.session is None


async def test_another_code_challenge_is_refused(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        await browser.follow(f"{people.url}/auth/login?provider=okta", lambda _: True)
        page = await browser.sign_in(changed(browser.at, code_challenge="A" * 43), email)
        assert page.status_code == 400
        assert "SIGN_IN_REFUSED" in page.text
        assert browser.session is None


@pytest.mark.parametrize("iss", ["mallory", "", None])
async def test_a_mixed_up_issuer_is_refused(
    people: Service, issuers: Issuers, database: Database, iss: str | None
) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email, is_callback)
        assert parameters(browser.at)["iss"] == issuers.okta
        told = issuers.mallory if iss == "mallory" else iss
        page = await browser.follow(changed(browser.at, iss=told))
        assert page.status_code == 400
        assert "SIGN_IN_REFUSED" in page.text
        assert browser.session is None


async def test_an_answer_of_another_provider_is_refused(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        await browser.sign_in(f"{people.url}/auth/login?provider=mallory", email, is_callback)
        page = await browser.follow(browser.at.replace("/auth/callback/mallory", "/auth/callback/okta"))
        assert page.status_code == 400
        assert "SIGN_IN_REFUSED" in page.text
        assert browser.session is None


async def test_a_refusal_of_the_provider_is_told(people: Service) -> None:
    async with Browser() as browser:
        await browser.follow(f"{people.url}/auth/login?provider=okta", lambda _: True)
        asked = parameters(browser.at)
        page = await browser.follow(
            f"{people.url}/auth/callback/okta?"
            + urlencode({"state": asked["state"], "error": "access_denied", "iss": issuer_of(browser.at)})
        )
        assert page.status_code == 400
        assert "access_denied" in page.text
