"""What is installed from a wheel has the files that the code reads."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
READ = "import api.persisted.trusted as t, api.persisted.stored; print(t.OPERATIONS, *t.read([t.OPERATIONS]))"


def test_trusted_documents_are_in_the_wheel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    # In a process of its own, in which the checkout comes after the wheel.
    environment = {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", READ]
    told = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    folder, *hashes = told.stdout.split()
    assert Path(folder) == installed / "api" / "operations"
    assert len(hashes) == len(list((ROOT / "graphql" / "operations").glob("*.graphql")))
