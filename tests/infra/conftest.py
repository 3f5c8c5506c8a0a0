"""The tools; where one is missing, its tests are skipped, and say what would bring it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

collect_ignore_glob: list[str] = []
if find_spec("helm_python") is None:  # imported by all of these
    if "RAP_ANALYZER_INFRA" in os.environ:
        raise RuntimeError("The packages of requirements-infra.lock are missing.")
    collect_ignore_glob = [path.name for path in Path(__file__).parent.glob("test_*.py") if path.stem not in (
        "test_tools", "test_pgbouncer", "test_valkey_cluster"
    )]  # fmt: skip
