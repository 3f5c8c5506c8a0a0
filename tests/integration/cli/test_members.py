"""rap-analyzer members, and the settings of sign-in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import NUMBERS
from tests.integration.cli.conftest import Cli

OKTA = {"name": "okta", "issuer": "https://okta.example", "client_id": "x", "client_secret": "hush-hush"}


@pytest.fixture
def tenant(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RAP_ANALYZER_PUBLIC_URL", "https://rap.example")
    monkeypatch.setenv("RAP_ANALYZER_IDENTITY_PROVIDERS", json.dumps([OKTA]))
    slug = f"tenant-{next(NUMBERS)}"
    assert cli("tenants", "create", slug).status == 0
    return slug


def test_the_first_owner_is_invited_listed_and_removed(cli: Cli, tenant: str) -> None:
    invited = cli("members", "invite", "--tenant", tenant, "--email", "ada@x.example", "--role", "owner")
    assert invited.out == f"https://rap.example/auth/login?provider=okta&tenant={tenant}\n"
    again = cli("members", "invite", "--tenant", tenant, "--email", "ada@x.example")
    assert (again.status, "member already" in again.err) == (1, True)
    assert cli("members", "invite", "--tenant", tenant, "--subject", "robot").status == 0
    listed = cli("members", "list", "--tenant", tenant).out.splitlines()
    assert [line.split()[1:3] + line.split()[4:] for line in listed] == [
        ["owner", "invited", "ada@x.example"],
        ["viewer", listed[1].split()[2], "robot"],
    ]
    assert cli("members", "remove", "--tenant", tenant, listed[0].split()[0]).status == 0
    assert "ada" not in cli("members", "list", "--tenant", tenant).out


def test_a_domain_is_let_in_and_shut_out(cli: Cli, tenant: str) -> None:
    options = ("members", "let-domain-in", "--tenant", tenant, "x.example")
    assert cli(*options, "--role", "owner").status == 1
    assert cli(*options, "--role", "analyst").status == 0
    assert cli(*options, "--undo").status == 0
    assert cli(*options, "--undo").status == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("invite", "--email", "nonsense"), 1, "no e-mail address"),
        (("invite",), 1, "Give an e-mail address"),
        (("invite", "--email", "a@x.example", "--role", "king"), 2, "choose from"),
        (("invite", "--email", "a@x.example", "--provider", "nobody"), 1, "Say which identity provider"),
        (("remove", "0"), 2, "no member's id"),
        (("let-domain-in", "nonsense"), 1, "no domain"),
    ],
)
def test_wrong_wishes(cli: Cli, tenant: str, arguments: tuple[str, ...], status: int, says: str) -> None:
    outcome = cli("members", arguments[0], "--tenant", tenant, *arguments[1:])
    assert (outcome.status, says in " ".join(outcome.err.split())) == (status, True)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"DEMO_KEY": "rap_demo_x"}, "in production"),
        ({"PUBLIC_URL": "http://rap.example"}, "https"),
        ({"PUBLIC_URL": "https://rap.example/"}, "without a /"),
        ({"PUBLIC_URL": ""}, "need public_url"),
        ({"IDENTITY_PROVIDERS": [OKTA, OKTA]}, "the same name"),
        ({"IDENTITY_PROVIDERS": [{**OKTA, "issuer": "http://okta.example"}]}, "https"),
        ({"IDENTITY_PROVIDERS": [{**OKTA, "name": "demo"}]}, "demo"),
        ({"IDENTITY_PROVIDERS": [{**OKTA, "algorithms": ["none"]}]}, "algorithms"),
        ({"IDENTITY_PROVIDERS": [{**OKTA, "typo": 1}]}, "typo"),
        ({"ORIGINS": ["app.example.com"]}, "no origin"),
        ({"IDENTITY_PROVIDERS": "nonsense"}, "identity_providers"),
    ],
)
def test_settings_that_are_refused(
    cli: Cli, tenant: str, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], says: str
) -> None:
    for name, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"RAP_ANALYZER_{name}", text)
    outcome = cli("members", "list", "--tenant", tenant)
    assert (outcome.status, "Traceback" in outcome.err, "hush-hush" in outcome.err) == (1, False, False)
    assert says in outcome.err
