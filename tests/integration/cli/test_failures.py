from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import pytest_asyncio

from app.cli import services
from app.embedded.locks import DataDirLock
from app.embedded.ports import free_port
from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer
from app.settings import Settings
from tests.cluster import PASSWORD, ValkeyCluster
from tests.integration.cli.conftest import Cli, Outcome


@pytest_asyncio.fixture
async def never_migrated(postgres_server: PostgresServer, database_url: str) -> str:
    """An empty database in a cluster that has the roles, for the service's login."""
    await postgres_server.ensure_database("never_migrated")
    return urlunsplit(urlsplit(database_url)._replace(path="/never_migrated"))


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


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_that_was_never_migrated(
    run: Cli, monkeypatch: pytest.MonkeyPatch, never_migrated: str, command: str
) -> None:
    monkeypatch.setenv("RAP_ANALYZER_DATABASE_URL", never_migrated)
    monkeypatch.setenv("RAP_ANALYZER_REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("RAP_ANALYZER_PORT", str(free_port()))
    assert "Run: rap-analyzer migrate" in sentence(run(command))


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "redis+cluster://",
        "redis+cluster://:x@a:1,:2",
        "redis+cluster://a/3",
        "redis+cluster://a?b=1",
    ],
)
def test_what_is_no_valkey_url(cli: Cli, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("RAP_ANALYZER_REDIS_URL", url)
    for command in ("serve", "up"):
        assert "is not a URL such as redis://" in sentence(cli(command))


def test_a_server_is_no_cluster_and_a_cluster_no_server(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, valkey_server: ValkeyServer, valkey_cluster: ValkeyCluster
) -> None:
    node = f"redis://:{PASSWORD}@127.0.0.1:{valkey_cluster.ports[0]}"
    for url, reason in (
        (node, "is a node of a cluster: let RAP_ANALYZER_REDIS_URL begin with redis+cluster://"),
        (valkey_server.url.replace("redis:", "redis+cluster:"), "Cluster mode is not enabled"),
        ("redis+cluster://127.0.0.1:1,127.0.0.1:2", "at 127.0.0.1:1,127.0.0.1:2 can't be used"),
        (valkey_cluster.url.replace(PASSWORD, "another"), "can't be used"),
    ):
        monkeypatch.setenv("RAP_ANALYZER_REDIS_URL", url)
        told = sentence(cli("serve"))
        assert reason in told
        assert PASSWORD not in told


def test_a_setting_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAP_ANALYZER_DATABASE_URL", "RAP_ANALYZER_DATA_DIR", "PORT"):
        monkeypatch.setenv(name, "")
    settings = Settings()
    assert (settings.database_url, settings.data_dir, settings.port) == (None, Path(".data"), 8000)


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
