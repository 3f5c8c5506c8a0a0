"""People sign in by a provider, and out again."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

import pytest

from app.provision import SETUP
from tenancy import domains, members, tenants
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.scopes import Role
from tests.api.live.client import opened
from tests.builders import new_key, new_tenant
from tests.oidc.browser import Browser
from tests.oidc.invitations import LOG, VIEWER, invited, somebody
from tests.service import Service


async def test_an_invitation_is_accepted_by_signing_in(people: Service, database: Database) -> None:
    email = somebody()
    _, slug = await invited(database, email)
    async with Browser() as browser:
        page = await browser.sign_in(f"{people.url}/auth/login?provider=okta&next=/auth", email)
        assert page.status_code == 200
        assert f"Hello, {email.partition('@')[0]}" in page.text
        viewer = (await browser.ask(people.url, VIEWER)).json()["data"]["viewer"]
        assert viewer["tenant"] == {"slug": slug}
        assert (viewer["apiKey"], viewer["member"]["email"], viewer["member"]["role"]) == (
            None,
            email,
            "ADMIN",
        )
        assert viewer["member"]["joinedAt"]
        assert "admin:members" in viewer["scopes"]
        entries = (await browser.ask(people.url, LOG)).json()["data"]["viewer"]["tenant"]["auditLog"]["nodes"]
        assert [entry["action"] for entry in entries][:3] == [
            "member.signed_in", "member.joined", "member.invited",
        ]  # fmt: skip
        assert entries[0]["actorKind"] == "MEMBER"
        assert entries[0]["target"].startswith("mem_")


async def test_the_cookie_is_safe_and_changes_at_every_sign_in(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        url = f"{people.url}/auth/login?provider=okta"
        response = await browser.sign_in(url, email, lambda at: at.endswith("/auth"))
        [cookie] = [c for c in response.headers.get_list("set-cookie") if c.startswith("__Host-rap_session=")]
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)
        first = browser.session
        await browser.sign_in(url, email)
        second = browser.session
        assert first != second
        response = await people.http.post(
            "/graphql",
            json={"query": VIEWER},
            headers={"Cookie": f"__Host-rap_session={first}", "Sec-Fetch-Site": "same-origin"},
        )
        assert response.status_code == 401, "the session before the last sign-in still works"
        assert (await browser.ask(people.url, VIEWER)).status_code == 200


async def test_a_domain_lets_its_people_in_until_they_are_removed(
    people: Service, database: Database
) -> None:
    domain, tenant = f"{uuid4().hex[:10]}.example", await new_tenant(database)
    async with database.transaction(tenant) as session:
        await domains.let_in(session, tenant, "okta", domain, Role.VIEWER, SETUP)
    url = f"{people.url}/auth/login?provider=okta"
    async with Browser() as browser:
        assert (await browser.sign_in(url, f"eve@{domain}")).status_code == 200
        viewer = (await browser.ask(people.url, VIEWER)).json()["data"]["viewer"]
        assert viewer["member"]["role"] == "VIEWER"
        assert "admin:keys" not in viewer["scopes"]
        async with database.transaction(tenant) as session:
            [member] = await members.all_of(session, tenant)
            await members.remove(session, tenant, member.id, SETUP)
        page = await browser.sign_in(url, f"eve@{domain}")
        assert page.status_code == 403
        assert "NOT_INVITED" in page.text


@pytest.mark.parametrize(
    ("login", "provider"),
    [
        ("stranger@elsewhere.example", "okta"),  # nobody has invited them
        ("unverified@northside.example", "okta"),  # invited, but anybody can claim the address
        ("mallory@northside.example", "mallory"),  # invited by way of another provider
    ],
)
async def test_who_is_not_invited_does_not_get_in(
    people: Service, database: Database, login: str, provider: str
) -> None:
    if not login.startswith("stranger"):
        await invited(database, login)
    async with Browser() as browser:
        page = await browser.sign_in(f"{people.url}/auth/login?provider={provider}", login)
        assert page.status_code == 403
        assert "NOT_INVITED" in page.text
        assert browser.session is None


async def test_several_tenants_are_a_choice(people: Service, database: Database) -> None:
    email = somebody()
    slugs = [(await invited(database, email))[1] for _ in range(2)]
    async with Browser() as browser:
        page = await browser.sign_in(f"{people.url}/auth/login?provider=okta&next=/auth", email)
        assert all(f"tenant={slug}" in page.text for slug in slugs)
        assert browser.session is None
        await browser.sign_in(f"{people.url}/auth/login?provider=okta&tenant={slugs[1]}", email)
        viewer = (await browser.ask(people.url, VIEWER)).json()["data"]["viewer"]
        assert viewer["tenant"]["slug"] == slugs[1]


async def test_a_suspended_tenant_lets_nobody_in(people: Service, database: Database) -> None:
    email = somebody()
    tenant, _ = await invited(database, email)
    async with database.transaction(tenant) as session:
        await tenants.change_status(session, tenant, TenantStatus.SUSPENDED, SETUP)
    async with Browser() as browser:
        page = await browser.sign_in(f"{people.url}/auth/login?provider=okta", email)
        assert page.status_code == 403
        assert "TENANT_SUSPENDED" in page.text


async def test_the_way_on_stays_on_this_site(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    for next_ in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"):
        async with Browser() as browser:
            url = f"{people.url}/auth/login?{urlencode({'provider': 'okta', 'next': next_})}"
            assert (await browser.sign_in(url, email)).status_code == 200
            assert browser.at == f"{people.url}/auth"


async def test_removal_ends_sessions_and_sockets_at_once(people: Service, database: Database) -> None:
    email = somebody()
    tenant, _ = await invited(database, email)
    admin = await new_key(database, tenant)
    async with Browser() as browser:
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email)
        member = (await browser.ask(people.url, "{ viewer { member { id } } }")).json()["data"]["viewer"][
            "member"
        ]
        headers = {"Cookie": f"__Host-rap_session={browser.session}", "Origin": people.url}
        async with opened(
            f"{people.url}/graphql".replace("http", "ws"), additional_headers=headers
        ) as socket:
            await socket.say(type="connection_init")
            assert (await socket.hear())["type"] == "connection_ack"
            removed = await people.data(
                admin,
                "mutation ($id: ID!) { removeMember(input: {id: $id}) {"
                " ... on RemoveMemberPayload { member { removedAt } } ... on Problem { code } } }",
                id=member["id"],
            )
            assert removed["removeMember"]["member"]["removedAt"]
            assert (await socket.closed())[0] == 4403
        assert (await browser.ask(people.url, VIEWER)).status_code == 401


async def test_signing_out_ends_the_session_on_the_server(people: Service, database: Database) -> None:
    email = somebody()
    await invited(database, email)
    async with Browser() as browser:
        await browser.sign_in(f"{people.url}/auth/login?provider=okta", email)
        cookie = browser.session
        headers = {"Cookie": f"__Host-rap_session={cookie}", "Sec-Fetch-Site": "cross-site"}
        assert (await people.http.post("/auth/logout", headers=headers)).status_code == 403
        page = await browser.follow(f"{people.url}/auth/logout", really="yes")
        assert "Sign in" in page.text
        assert browser.session is None
        headers["Sec-Fetch-Site"] = "same-origin"
        response = await people.http.post("/graphql", json={"query": VIEWER}, headers=headers)
        assert response.status_code == 401
