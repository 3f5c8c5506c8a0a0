from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tenancy.database import Database
from tenancy.principals import Authenticator, Principal, Unauthenticated
from tenancy.scopes import ADMIN, READER, Scope
from tests.builders import NUMBERS
from tests.integration.cli.conftest import Cli


def principal(url: str, key: str) -> Principal:
    async def authenticate() -> Principal:
        database = Database(url)
        try:
            return await Authenticator(database).authenticate(f"Bearer {key}")
        finally:
            await database.close()

    return asyncio.run(authenticate())


@pytest.fixture
def tenant(cli: Cli) -> str:
    slug = f"tenant-{next(NUMBERS)}"
    assert cli("tenants", "create", slug).status == 0
    return slug


def test_a_tenant_is_created_once(cli: Cli) -> None:
    created = cli("tenants", "create", "once", "--name", "Only Once", "--plan", "demo")
    assert created.status == 0
    assert UUID(created.out.strip())
    again = cli("tenants", "create", "once")
    assert again.status == 1
    assert again.err == "rap-analyzer: There is a tenant 'once' already. Choose another slug.\n"


@pytest.mark.parametrize(
    ("arguments", "status"), [(("Bad_Slug",), 1), (("ok", "--plan", "GOLD"), 2), ((), 2)]
)
def test_tenants_that_are_refused(cli: Cli, arguments: tuple[str, ...], status: int) -> None:
    assert cli("tenants", "create", *arguments).status == status


def test_a_key_works_with_its_scopes(cli: Cli, database_url: str, tenant: str) -> None:
    created = cli("keys", "create", "--tenant", tenant, "--scope", "admin")
    found = principal(database_url, created.out.strip())
    assert (found.tenant_slug, found.scopes) == (tenant, ADMIN)
    created = cli("keys", "create", "--tenant", tenant, "--scope", "reader", "--scope", "tracks:write")
    assert principal(database_url, created.out.strip()).scopes == READER | {Scope.TRACKS_WRITE}


def test_a_key_is_a_readers_unless_told_otherwise(cli: Cli, database_url: str, tenant: str) -> None:
    created = cli("keys", "create", "--tenant", tenant)
    assert principal(database_url, created.out.strip()).scopes == READER


def test_a_key_that_expires(cli: Cli, tenant: str) -> None:
    created = cli("keys", "create", "--tenant", tenant, "--expires-in", "90d", "--json")
    expires = datetime.fromisoformat(json.loads(created.out)["expires_at"])
    assert abs(expires - datetime.now(UTC) - timedelta(days=90)) < timedelta(hours=1)


@pytest.mark.parametrize("text", ["90", "d", "-1d", "0d", "1000y", "soon"])
def test_times_that_make_no_sense(cli: Cli, tenant: str, text: str) -> None:
    assert cli("keys", "create", "--tenant", tenant, f"--expires-in={text}").status == 2


def test_the_secret_is_shown_once(cli: Cli, tenant: str) -> None:
    secret = cli("keys", "create", "--tenant", tenant, "--name", "Site").out.strip()
    for arguments in ((), ("--json",)):
        listed = cli("keys", "list", "--tenant", tenant, *arguments)
        assert "Site" in listed.out
        assert secret[-32:] not in listed.out + listed.err


@pytest.mark.parametrize("by", ["prefix", "id", "key"])
def test_a_revoked_key_stops_working(cli: Cli, database_url: str, tenant: str, by: str) -> None:
    created = json.loads(cli("keys", "create", "--tenant", tenant, "--json").out)
    assert cli("keys", "revoke", "--tenant", tenant, created[by]).status == 0
    with pytest.raises(Unauthenticated):
        principal(database_url, created["key"])
    assert "revoked" in cli("keys", "list", "--tenant", tenant).out


def test_a_tenant_can_not_revoke_anothers_key(cli: Cli, database_url: str, tenant: str) -> None:
    created = json.loads(cli("keys", "create", "--tenant", tenant, "--json").out)
    cli("tenants", "create", "stranger")
    refused = cli("keys", "revoke", "--tenant", "stranger", created["prefix"])
    assert refused.status == 1
    assert "no such API key" in refused.err
    assert principal(database_url, created["key"]).tenant_slug == tenant


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "--tenant", "nobody"), "There is no tenant 'nobody'"),
        (("create", "--tenant", "nobody"), "There is no tenant 'nobody'"),
        (("create", "--tenant", "nobody", "--scope", "everything"), "There is no scope 'everything'"),
    ],
)
def test_what_is_unknown(cli: Cli, arguments: tuple[str, ...], told: str) -> None:
    outcome = cli("keys", *arguments)
    assert outcome.status == 1
    assert told in outcome.err
