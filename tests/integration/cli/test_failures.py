from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import services
from app.embedded.locks import DataDirLock
from app.embedded.ports import free_port
from tests.integration.cli.conftest import Cli, Outcome


def sentence(outcome: Outcome) -> str:
    assert outcome.status == 1
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert outcome.err.startswith("rap-analyzer: ")
    assert outcome.err.count("\n") == 1
    return outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "list", "--tenant", "a"),
        ("keys", "create", "--tenant", "a"),
        ("tenants", "create", "a"),
        ("worker",),
    ],
)
def test_nothing_runs(run: Cli, arguments: tuple[str, ...]) -> None:
    assert "Nothing is running: start `rap-analyzer up`" in sentence(run(*arguments))


def test_a_database_that_does_not_answer(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAP_ANALYZER_DATABASE_URL", f"postgresql://me:secret@127.0.0.1:{free_port()}/x")
    for arguments in (("keys", "list", "--tenant", "a"), ("migrate",)):
        told = sentence(run(*arguments))
        assert "does not answer (connection refused)" in told
        assert "secret" not in told


@pytest.mark.parametrize("url", ["nonsense", "postgresql://", "mysql://host/x", "postgresql://h:port/x"])
def test_what_is_no_database_url(run: Cli, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("RAP_ANALYZER_DATABASE_URL", url)
    assert "has to look like postgresql://" in sentence(run("keys", "list", "--tenant", "a"))


def test_wrong_password_and_missing_database(
    run: Cli, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    head, _, tail = database_url.rpartition("@")
    monkeypatch.setenv("RAP_ANALYZER_DATABASE_URL", f"{head}x@{tail}")
    assert "refuses the login" in sentence(run("keys", "list", "--tenant", "a"))
    monkeypatch.setenv("RAP_ANALYZER_DATABASE_URL", database_url + "_none")
    assert "There is no database rap_test_none" in sentence(run("keys", "list", "--tenant", "a"))


def test_settings_that_make_no_sense(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    assert "can't be used" in sentence(run("keys", "list", "--tenant", "a"))


@pytest.mark.parametrize(
    "arguments", [("frobnicate",), ("keys", "create"), ("serve", "--port", "0"), ("import", "x.jsonl")]
)
def test_wrong_usage_is_status_2(run: Cli, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert outcome.status == 2
    assert "Traceback" not in outcome.err


def test_connection_file_of_an_up_that_was_killed(run: Cli, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    services.announce(data_dir, "postgresql://a@127.0.0.1:1/x", "redis://127.0.0.1:1")
    assert (data_dir / services.FILE).stat().st_mode & 0o777 == 0o600
    assert services.announced(data_dir) == {}
    with DataDirLock(data_dir):
        assert services.announced(data_dir)["redis_url"] == "redis://127.0.0.1:1"
        assert "does not answer" in sentence(run("keys", "list", "--tenant", "a"))


def test_help_loads_nothing_heavy() -> None:
    heavy = {"sqlalchemy", "pydantic", "numpy", "asyncpg"}
    code = f"import sys, app.cli.program; print({heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_help_names_every_command(run: Cli) -> None:
    told = run("--help").out
    for command in ("up", "import", "analyze", "serve", "worker", "migrate", "schema", "tenants", "keys"):
        assert f"  {command} " in told
