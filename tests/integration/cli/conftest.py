"""The command line as a person uses it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import main


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Runs a command in this process; nothing is configured but an empty data directory."""
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(f"RAP_ANALYZER_{name}", raising=False)
    monkeypatch.setenv("RAP_ANALYZER_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["rap-analyzer", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capfd.readouterr()
        return Outcome(int(ended.value.code or 0), told.out, told.err)

    return run


@pytest.fixture
def cli(run: Cli, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Cli:
    """The same with a migrated database."""
    monkeypatch.setenv("RAP_ANALYZER_DATABASE_URL", database_url)
    return run
