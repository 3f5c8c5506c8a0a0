"""Tables can be used from any process, whatever else it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODELS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("app", "tenancy")
    for path in sorted((ROOT / folder).rglob("models.py"))
]
CHECK = """
import importlib, sys
importlib.import_module(sys.argv[1])
from tenancy.base import Base
for table in Base.metadata.tables.values():
    for key in table.foreign_keys:
        key.column  # raises where the table that it refers to is not known
"""


@pytest.mark.parametrize("module", MODELS)
def test_a_module_of_tables_brings_those_that_it_refers_to(module: str) -> None:
    # In a process of its own: here, everything has been imported long ago.
    subprocess.run([sys.executable, "-c", CHECK, module], cwd=ROOT, check=True)


def test_the_modules_are_found() -> None:
    assert {"tenancy.models", "app.catalog.models", "app.analysis.models"} <= set(MODELS)
