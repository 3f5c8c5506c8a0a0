"""checkov on everything that the chart can render; what it is not heeded in is said here, and why."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.infra.charts import MATRIX, ROOT, rendered

CHECKOV = ROOT / ".venv-policy" / "bin" / "checkov"
# By check: the resources for which it may fail, and why.
JUSTIFIED = {
    "CKV_K8S_11": (
        ".*",
        "A CPU limit throttles a pod on an idle node; requests are what shares are made by.",
    ),
    "CKV_K8S_43": (".*", "image.digest pins ours; the others are for whoever runs them to mirror and pin."),
    "CKV_K8S_15": (".*", "With a tag that is never moved, Always is one registry more that has to be up."),
    "CKV_K8S_35": (".*", "Settings are read from the environment, and no process of ours shows it."),
    "CKV_K8S_40": ("(StatefulSet|CronJob).*-(postgres|backup|drill)", "The image knows its own user alone."),
    "CKV_K8S_8": ("Pod.*-test", "It runs once, and ends."),
    "CKV_K8S_9": ("Pod.*-test", "It runs once, and ends."),
}


def test_checkov_finds_nothing_else(tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("This needs checkov: make infra-check installs it.")
    for case in MATRIX:
        (tmp_path / f"{case}.yaml").write_text(yaml.safe_dump_all(rendered(case)))
    command = [str(CHECKOV), "--directory", str(tmp_path), "--framework", "kubernetes", "--skip-download"]
    done = subprocess.run([*command, "--quiet", "--output", "json"], capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["summary"]["passed"] > 1000
    assert found["summary"]["parsing_errors"] == 0
    results = found["results"]["failed_checks"]
    failed = {(each["check_id"], each["resource"]): each["check_name"] for each in results}
    unjustified = {
        f"{check} {resource}: {name}"
        for (check, resource), name in failed.items()
        if check not in JUSTIFIED or not re.fullmatch(JUSTIFIED[check][0], resource)
    }
    assert unjustified == set()
    assert {check for check, _ in failed} == set(JUSTIFIED), "a justification is needed no more"
