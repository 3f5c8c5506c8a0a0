"""Members over GraphQL, sessions and their cookies: who may do what, and what other sites can't."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.requests import SESSION_COOKIE
from app.embedded.valkey import ValkeyServer
from app.provision import SETUP
from tenancy import joining, members, sessions
from tenancy.database import Database
from tenancy.joining import Identity
from tenancy.scopes import Role, Scope
from tests.api.live.client import opened
from tests.builders import Tenant, new_key, new_tenant
from tests.service import Service, serving

INVITE = """mutation ($i: InviteMemberInput!) { inviteMember(input: $i) {
  ... on InviteMemberPayload { signInUrl member { id email role subject joinedAt provider } }
  ... on InvalidInput { code field message } ... on Conflict { code } } }"""
REMOVE = """mutation ($id: ID!) { removeMember(input: {id: $id}) {
  ... on RemoveMemberPayload { member { id removedAt } } ... on Problem { code message } } }"""
LIST = "{ viewer { member { id } tenant { members(first: 10) { totalCount nodes { id email role } } } } }"


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, key=await new_key(database, id_))


async def signed_in(database: Database, tenant: Tenant, role: Role, name: str = "ada") -> str:
    """The cookie of a new member with this role."""
    async with database.transaction(tenant.id) as session:
        await members.invite(session, tenant.id, "okta", role, SETUP, email=f"{name}@x.example")
        identity = Identity("okta", name, f"{name}@x.example", name.title())
        member = await joining.join(session, tenant.id, identity, None)
        return (await sessions.open_(session, member, identity, None)).token


async def ask(service: Service, cookie: str, query: str, **variables: Any) -> Any:
    response = await sent(service, cookie, {"Sec-Fetch-Site": "same-origin"}, query, variables)
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def sent(
    service: Service,
    cookie: str,
    headers: dict[str, str],
    query: str,
    variables: dict[str, Any] | None = None,
) -> httpx.Response:
    return await service.http.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Cookie": f"{SESSION_COOKIE}={cookie}", **headers},
    )


async def test_inviting_and_removing(service: Service, tenant: Tenant) -> None:
    made = (await service.data(tenant.key, INVITE, i={"role": "ANALYST", "email": " Ada@X.example "}))[
        "inviteMember"
    ]
    assert made["signInUrl"].startswith("https://rap.example/auth/login?provider=okta&tenant=")
    assert made["member"] | {"id": ""} == {
        "id": "", "email": "ada@x.example", "role": "ANALYST", "subject": None, "joinedAt": None,
        "provider": "okta",
    }  # fmt: skip
    again = await service.data(tenant.key, INVITE, i={"role": "VIEWER", "email": "ada@x.example"})
    assert again["inviteMember"] == {"code": "CONFLICT"}
    for _ in range(2):
        removed = (await service.data(tenant.key, REMOVE, id=made["member"]["id"]))["removeMember"]
        assert removed["member"]["removedAt"]
    assert (await service.data(tenant.key, LIST))["viewer"]["tenant"]["members"]["totalCount"] == 0
    once_more = await service.data(tenant.key, INVITE, i={"role": "VIEWER", "email": "ada@x.example"})
    assert once_more["inviteMember"]["member"]["role"] == "VIEWER"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "input.email"), ({"email": "ada"}, "input.email"), ({"email": "a@b@c.example"}, "input.email"),
        ({"email": "ada@x.example", "subject": "robot"}, "input.email"), ({"subject": ""}, "input.subject"),
        ({"subject": "x\u0000"}, "input.subject"), ({"email": "ada@x.example", "name": "\n"}, "input.name"),
        ({"email": "ada@x.example", "provider": "nobody"}, "input.provider"),
    ],
)  # fmt: skip
async def test_bad_invitations(service: Service, tenant: Tenant, given: dict[str, Any], field: str) -> None:
    refused = (await service.data(tenant.key, INVITE, i={"role": "VIEWER", **given}))["inviteMember"]
    assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", field)
    assert (await service.data(tenant.key, LIST))["viewer"]["tenant"]["members"]["totalCount"] == 0


async def test_only_owners_make_and_remove_owners(
    service: Service, tenant: Tenant, database: Database
) -> None:
    owner = await signed_in(database, tenant, Role.OWNER, "olga")
    admin = await signed_in(database, tenant, Role.ADMIN, "adam")
    olga = (await ask(service, owner, LIST))["viewer"]["member"]["id"]
    for refused in (
        (await ask(service, admin, INVITE, i={"role": "OWNER", "email": "eve@x.example"}))["inviteMember"],
        (await service.data(tenant.key, INVITE, i={"role": "OWNER", "email": "eve@x.example"}))[
            "inviteMember"
        ],
        (await ask(service, admin, REMOVE, id=olga))["removeMember"],
    ):
        assert refused["code"] == "FORBIDDEN"
    assert (await ask(service, owner, REMOVE, id=olga))["removeMember"]["code"] == "CONFLICT"
    made = await ask(service, owner, INVITE, i={"role": "OWNER", "email": "eve@x.example"})
    assert made["inviteMember"]["member"]["role"] == "OWNER"
    # Who is only invited does not count: the tenant would be left without an owner.
    assert (await ask(service, owner, REMOVE, id=olga))["removeMember"]["code"] == "CONFLICT"


async def test_nobody_gives_a_member_more_than_they_have(
    service: Service, tenant: Tenant, database: Database
) -> None:
    narrow = await new_key(database, tenant.id, Scope.ADMIN_MEMBERS, Scope.TRACKS_READ, Scope.USAGE_READ)
    for role, allowed in (("ADMIN", False), ("ANALYST", False), ("VIEWER", True)):
        given = {"role": role, "email": f"{role.lower()}@x.example"}
        told = (await service.data(narrow, INVITE, i=given))["inviteMember"]
        assert ("member" in told, told.get("code")) == (allowed, None if allowed else "FORBIDDEN")


async def test_an_old_session_does_not_come_back_with_an_invitation(
    service: Service, tenant: Tenant, database: Database
) -> None:
    cookie = await signed_in(database, tenant, Role.VIEWER)
    member = (await ask(service, cookie, "{ viewer { member { id } } }"))["viewer"]["member"]["id"]
    await service.data(tenant.key, REMOVE, id=member)
    again = await service.data(tenant.key, INVITE, i={"role": "ADMIN", "email": "ada@x.example"})
    assert again["inviteMember"]["member"]["id"] == member
    response = await sent(service, cookie, {"Sec-Fetch-Site": "same-origin"}, LIST)
    assert response.status_code == 401


async def test_a_provider_ends_its_own_sessions_alone(
    service: Service, tenant: Tenant, database: Database
) -> None:
    cookie = await signed_in(database, tenant, Role.VIEWER, f"eve-{tenant.id.hex[:6]}")
    subject = f"eve-{tenant.id.hex[:6]}"
    for provider, who, session in (("mallory", subject, None), ("okta", "other", None), ("okta", None, None)):
        assert await sessions.end_at_provider(database, provider, who, session) == set()
    await ask(service, cookie, "{ viewer { principal } }")
    ended = await sessions.end_at_provider(database, "okta", subject, None)
    assert {one for one, _ in ended} == {tenant.id}


async def test_a_viewer_sees_themselves_alone(service: Service, tenant: Tenant, database: Database) -> None:
    await signed_in(database, tenant, Role.ADMIN, "adam")
    viewer = await signed_in(database, tenant, Role.VIEWER, "vera")
    async with database.transaction(tenant.id) as session:
        [adam, vera] = await members.all_of(session, tenant.id)
    query = "query ($id: ID!) { node(id: $id) { ... on Member { email } } }"
    assert (await ask(service, viewer, query, id=f"mem_{vera.id.hex}"))["node"] == {"email": "vera@x.example"}
    assert (await ask(service, viewer, query, id=f"mem_{adam.id.hex}"))["node"] is None
    response = await sent(service, viewer, {"Sec-Fetch-Site": "same-origin"}, LIST)
    assert response.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN", "scope": Scope.ADMIN_MEMBERS}


async def test_a_members_key_outlives_the_session(
    service: Service, tenant: Tenant, database: Database
) -> None:
    cookie = await signed_in(database, tenant, Role.ADMIN)
    create = """mutation { createApiKey(input: {name: "site", scopes: ["reader"]}) {
      ... on CreateApiKeyPayload { apiKey { expiresAt } } ... on Problem { message } } }"""
    assert (await ask(service, cookie, create))["createApiKey"] == {"apiKey": {"expiresAt": None}}


OTHERS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", OTHERS)
async def test_other_sites_do_nothing_with_a_cookie(
    service: Service, tenant: Tenant, database: Database, headers: dict[str, str]
) -> None:
    cookie = await signed_in(database, tenant, Role.OWNER)
    response = await sent(
        service, cookie, headers, INVITE, {"i": {"role": "OWNER", "email": "eve@evil.example"}}
    )
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    own = {"Origin": service.url}  # as a browser without fetch metadata says it
    found = (await sent(service, cookie, own, LIST)).json()["data"]["viewer"]["tenant"]["members"]
    assert found["totalCount"] == 1


async def test_a_reading_that_another_site_asks_for(
    service: Service, tenant: Tenant, database: Database
) -> None:
    cookie = {"Cookie": f"{SESSION_COOKIE}={await signed_in(database, tenant, Role.OWNER)}"}
    get = {"query": "{ viewer { principal } }"}
    for site, status in (("cross-site", 403), ("none", 200), ("same-origin", 200)):
        headers = {**cookie, "Sec-Fetch-Site": site}
        assert (await service.http.get("/graphql", params=get, headers=headers)).status_code == status


async def test_a_socket_of_another_site(service: Service, tenant: Tenant, database: Database) -> None:
    cookie = f"{SESSION_COOKIE}={await signed_in(database, tenant, Role.OWNER)}"
    url = f"{service.url}/graphql".replace("http", "ws")
    async with opened(url, additional_headers={"Cookie": cookie}) as socket:
        await socket.say(type="connection_init")
        assert (await socket.closed())[0] == 4403
    async with opened(url, additional_headers={"Cookie": cookie, "Origin": service.url}) as socket:
        await socket.say(type="connection_init")
        assert (await socket.hear())["type"] == "connection_ack"


@pytest.mark.parametrize("name", [SESSION_COOKIE, f"x{SESSION_COOKIE}", f"other=1; not-{SESSION_COOKIE}"])
@pytest.mark.parametrize("cookie", ["", "x", "x" * 3000, "\u00e4"])
async def test_a_cookie_that_is_none_of_ours(service: Service, cookie: str, name: str) -> None:
    response = await service.http.post(
        "/graphql",
        json={"query": LIST},
        headers={b"Cookie": f"{name}={cookie}".encode(), b"Sec-Fetch-Site": b"same-origin"},
    )
    assert response.status_code == 401


async def test_a_header_comes_before_the_cookie(service: Service, tenant: Tenant, database: Database) -> None:
    cookie = await signed_in(database, tenant, Role.OWNER)
    headers = {"Authorization": f"Bearer {tenant.key}", "Sec-Fetch-Site": "cross-site"}
    found = (await sent(service, cookie, headers, "{ viewer { principal } }")).json()
    assert found["data"]["viewer"] == {"principal": "test"}


async def test_signing_in_with_a_demo_key(
    database: Database, database_url: str, valkey_server: ValkeyServer
) -> None:
    tenant = await new_tenant(database)
    keys = {role: await new_key(database, tenant, role=role) for role in ("admin", "reader")}
    some = await new_key(database, tenant, Scope.TRACKS_READ)
    options: dict[str, Any] = {"environment": "development", "demo_key": keys["reader"]}
    async with serving(database_url, valkey_server.url, **options) as demo:
        assert "demo key" in (await demo.http.get("/auth")).text
        same = {"Sec-Fetch-Site": "same-origin"}
        for role, wanted in (("admin", "OWNER"), ("reader", "VIEWER")):
            response = await demo.http.post("/auth/demo", data={"key": keys[role]}, headers=same)
            assert response.status_code == 303
            cookie = response.headers["set-cookie"].partition("=")[2].partition(";")[0]
            found = await ask(demo, cookie, "{ viewer { member { role provider } } }")
            assert found["viewer"]["member"] == {"role": wanted, "provider": "demo"}
        for key, status in ((some, 401), ("", 401), ("x", 401)):
            response = await demo.http.post("/auth/demo", data={"key": key}, headers=same)
            assert (response.status_code, "UNAUTHENTICATED" in response.text) == (status, True)
        crossing = {"Sec-Fetch-Site": "cross-site"}
        response = await demo.http.post("/auth/demo", data={"key": keys["admin"]}, headers=crossing)
        assert response.status_code == 403


async def test_production_has_no_demo(service: Service, tenant: Tenant) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    response = await service.http.post("/auth/demo", data={"key": tenant.key}, headers=headers)
    assert response.status_code == 404
    assert "demo key" not in (await service.http.get("/auth")).text
