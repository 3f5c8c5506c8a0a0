"""Dashboards and alerts ask for figures that there are, and each alert has a runbook."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from app.telemetry import metrics
from infra.monitoring.generate import CHART, HERE, files

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
BOARDS = sorted((CHART / "dashboards").glob("*.json"))
NAME = re.compile(r"\b(?:rap_analyzer|process)_[a-z_]+\b")
# Prometheus's own, of every target.
GIVEN = {"up"}


def emitted() -> dict[str, set[str]]:
    """The labels of every series that the service can show, by name."""
    found: dict[str, set[str]] = {}
    metric = prometheus_client.metrics.MetricWrapperBase
    for each in vars(metrics).values():
        if not isinstance(each, metric):
            continue
        for family in each.describe():
            labels = set(each._labelnames)
            names = {
                "counter": [f"{family.name}_total"],
                "gauge": [family.name],
                "histogram": [f"{family.name}_bucket", f"{family.name}_count", f"{family.name}_sum"],
            }[family.type]
            found |= {name: labels | ({"le"} if name.endswith("_bucket") else set()) for name in names}
    for family in prometheus_client.REGISTRY.collect():
        if family.name.startswith("process_"):
            found |= {sample.name: set() for sample in family.samples}
    return found


EMITTED = emitted()


def expressions() -> dict[str, str]:
    """Every query of a dashboard or an alert, by where it is."""
    found = {}
    for board in BOARDS:
        for panel in json.loads(board.read_text())["panels"]:
            for target in panel["targets"]:
                found[f"{board.stem}: {panel['title']}: {target['refId']}"] = target["expr"]
    for rule in rules():
        found[rule["alert"]] = rule["expr"]
    return found


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((HERE / "alerts.yaml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("place", expressions())
def test_what_is_asked_for_is_emitted(place: str) -> None:
    expression = expressions()[place]
    asked = set(NAME.findall(expression))
    assert asked or "up{" in expression
    assert asked <= set(EMITTED)
    allowed = {"job", "instance", *(label for name in asked for label in EMITTED[name])}
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    for grouped in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        labels |= {label.strip() for label in grouped.split(",") if label.strip()}
    assert labels <= allowed


def test_every_figure_of_ours_is_on_a_dashboard() -> None:
    shown = {name for expression in expressions().values() for name in NAME.findall(expression)}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in EMITTED if name.startswith("rap_")}
    assert families <= {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_has_a_runbook_and_is_tested_both_ways(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    runbook = ROOT / rule["annotations"]["runbook"]
    assert runbook.is_file()
    assert rule["alert"] in (RUNBOOKS / "README.md").read_text()
    tests = yaml.safe_load((HERE / "alerts_test.yaml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"] if case["alertname"] == rule["alert"]]
    assert {bool(case.get("exp_alerts")) for case in cases} == {True, False}


def test_every_runbook_is_for_something() -> None:
    index = (RUNBOOKS / "README.md").read_text()
    assert {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"} == set(
        re.findall(r"\((\w+\.md)\)", index)
    )


@pytest.mark.parametrize(
    "command", [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]]
)
def test_promtool_finds_nothing(command: list[str]) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("This needs promtool: apt-get install prometheus.")
    done = subprocess.run([program, *command], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", files())
def test_what_is_generated_is_up_to_date(path: Path) -> None:
    assert path.read_text() == files()[path], "run: make infra"
