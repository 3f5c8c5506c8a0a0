from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.principals import Principal, TenantSuspended, Unauthenticated
from tenancy.scopes import ADMIN, ANALYST, READER, Scope
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


@pytest.mark.parametrize("arguments", [("Bad_Slug",), ("ok", "--plan", "GOLD"), ("ok", "--name", "a\nb"), ()])
def test_tenants_that_are_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("tenants", "create", *arguments).status == 2


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


@pytest.mark.parametrize(("grace", "both"), [("1d", True), ("0m", False)])
def test_a_rotated_key_works_on_for_its_grace(
    cli: Cli, database_url: str, tenant: str, grace: str, both: bool
) -> None:
    created = json.loads(cli("keys", "create", "--tenant", tenant, "--scope", "analyst", "--json").out)
    rotated = cli("keys", "rotate", "--tenant", tenant, created["prefix"], "--grace", grace)
    assert rotated.status == 0
    assert principal(database_url, rotated.out.strip()).scopes == ANALYST
    if both:
        principal(database_url, created["key"])
    else:
        with pytest.raises(Unauthenticated):
            principal(database_url, created["key"])
    again = cli("keys", "rotate", "--tenant", tenant, created["prefix"])
    assert again.status == 1
    assert "rotated already" in again.err


@pytest.mark.parametrize("grace", ["31d", "soon", "-1d"])
def test_graces_that_are_refused(cli: Cli, tenant: str, grace: str) -> None:
    assert cli("keys", "rotate", "--tenant", tenant, "rap_live_x", f"--grace={grace}").status == 2


def test_where_a_key_may_be_used_from(cli: Cli, tenant: str) -> None:
    created = cli(
        "keys", "create", "--tenant", tenant, "--network", "203.0.113.0/24", "--origin",
        "https://app.example.com", "--json",
    )  # fmt: skip
    shown = json.loads(created.out)
    assert shown["allowed_networks"] == ["203.0.113.0/24"]
    assert shown["allowed_origins"] == ["https://app.example.com"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--network", "here"), "is no network"),
        (("--origin", "*"), "is no origin"),
        (("--scope", "everything"), "There is no scope 'everything'"),
        (("--name", "two\nlines"), "control characters"),
        (("--name", "n" * 201), "1 to 200 characters"),
    ],
)
def test_keys_that_are_refused(cli: Cli, tenant: str, arguments: tuple[str, ...], told: str) -> None:
    refused = cli("keys", "create", "--tenant", tenant, *arguments)
    assert refused.status == 2
    assert told in " ".join(refused.err.replace("│", " ").split())


def test_a_tenant_is_suspended_resumed_and_closed(cli: Cli, database_url: str, tenant: str) -> None:
    key = cli("keys", "create", "--tenant", tenant).out.strip()
    for command, status in (("suspend", "SUSPENDED"), ("resume", "ACTIVE"), ("close", "CLOSED")):
        changed = cli("tenants", command, tenant, *(["--yes"] if command == "close" else []))
        assert changed.status == 0, changed.err
        (row,) = (line for line in cli("tenants", "list").out.splitlines() if line.split()[0] == tenant)
        assert status in row.split()
        if status == "ACTIVE":
            principal(database_url, key)
        else:
            with pytest.raises(TenantSuspended):
                principal(database_url, key)
    refused = cli("tenants", "resume", tenant)
    assert refused.status == 1
    assert "closed, for good" in refused.err


def test_keys_and_tenants_run_trusted_documents_alone(cli: Cli, database_url: str, tenant: str) -> None:
    bound = json.loads(cli("keys", "create", "--tenant", tenant, "--trusted-documents-only", "--json").out)
    free = json.loads(cli("keys", "create", "--tenant", tenant, "--json").out)
    assert (bound["trusted_documents_only"], free["trusted_documents_only"]) == (True, False)
    rotated = json.loads(cli("keys", "rotate", "--tenant", tenant, bound["prefix"], "--json").out)

    def are_bound() -> list[bool]:
        return [principal(database_url, key["key"]).trusted_documents_only for key in (free, bound, rotated)]

    assert are_bound() == [False, True, True]
    assert cli("tenants", "documents", tenant).status == 2
    assert cli("tenants", "documents", tenant, "--trusted-only").status == 0
    assert are_bound() == [True, True, True]
    assert cli("tenants", "documents", tenant, "--any").status == 0
    assert are_bound() == [False, True, True]


def test_trusted_documents_are_listed(run: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "Mine.graphql").write_text("query Mine { viewer { principal } }")
    monkeypatch.setenv("RAP_ANALYZER_TRUSTED_DOCUMENTS", str(tmp_path))
    listed = dict(line.split() for line in run("operations").out.splitlines())
    hash_ = sha256((tmp_path / "Mine.graphql").read_bytes()).hexdigest()
    assert listed["Mine"] == f"sha256:{hash_}"
    assert "Feed" in listed
    assert json.loads(run("operations", "--json").out)[hash_] == "query Mine { viewer { principal } }"


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
    ],
)
def test_what_is_unknown(cli: Cli, arguments: tuple[str, ...], told: str) -> None:
    outcome = cli("keys", *arguments)
    assert outcome.status == 1
    assert told in outcome.err
