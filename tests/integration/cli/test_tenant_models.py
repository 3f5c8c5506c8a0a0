"""rap-analyzer tenants models: what is shown, what is changed, and what is refused."""

from __future__ import annotations

import pytest

from tests.builders import NUMBERS
from tests.integration.cli.conftest import Cli

MODELS = """[{"name": "house", "model": "openai:local", "base_url": "http://127.0.0.1:9/v1",
  "input_usd_per_million": 0, "output_usd_per_million": 0}]"""
START = """ask below       0.5 (offered)
USD a month     10.00 (offered: 10.00; spent: 0.0000)
shares answers  no
switched off    none
"""


@pytest.fixture
def tenant(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RAP_ANALYZER_MODELS", MODELS)
    slug = f"models-{next(NUMBERS)}"
    assert cli("tenants", "create", slug).status == 0
    return slug


def test_what_is_given_is_changed_and_the_rest_stays(cli: Cli, tenant: str) -> None:
    assert cli("tenants", "models", tenant).out == START
    changed = cli("tenants", "models", tenant, "--ask-below", "0.75", "--share", "--off", "critic.house")
    assert (changed.status, changed.out) == (
        0,
        """ask below       0.75 (offered: 0.5)
USD a month     10.00 (offered: 10.00; spent: 0.0000)
shares answers  yes
switched off    critic.house
""",
    )
    assert cli("tenants", "models", tenant).out == changed.out
    more = cli("tenants", "models", tenant, "--off", "themes.house", "--monthly-usd", "2.5").out
    assert "2.50 (offered: 10.00" in more
    assert "critic.house, themes.house" in more
    back = cli(
        "tenants", "models", tenant, "--on", "themes.house", "--on", "critic.house", "--no-share",
        "--ask-below", "offered", "--monthly-usd", "offered",
    )  # fmt: skip
    assert back.out == START


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--ask-below", "2"), "'--ask-below': This has to be from 0 to 1; it is 2."),
        (("--ask-below", "much"), "'--ask-below': give a number, or offered"),
        (("--monthly-usd", "nan"), "'--monthly-usd': This has to be from 0 to 1,000,000; it is nan."),
        (("--off", "themes"), "'--off': No such analyzer of kind MODEL: themes. There are: content.house"),
    ],
)
def test_what_can_not_hold_is_refused_with_its_option(
    cli: Cli, tenant: str, arguments: tuple[str, ...], says: str
) -> None:
    refused = cli("tenants", "models", tenant, "--share", *arguments)
    assert refused.status == 2
    assert says.replace("'", "") in " ".join(refused.err.replace("│", " ").replace("'", "").split())
    assert cli("tenants", "models", tenant).out == START


def test_no_such_tenant(cli: Cli, tenant: str) -> None:
    refused = cli("tenants", "models", "nobody-at-all")
    assert (refused.status, refused.out) == (1, "")
    assert "There is no tenant 'nobody-at-all'" in refused.err
