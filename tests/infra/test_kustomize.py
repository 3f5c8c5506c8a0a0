"""The overlays build, Kubernetes accepts them, and production says what the chart says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.kustomize.generate import HERE, PRODUCTION, clean, component, files, render
from tests.infra.schemas import NEWEST, OLDEST, check

KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = sorted(path.name for path in (HERE / "overlays").iterdir())


def build(overlay: str) -> list[dict[str, Any]]:
    command = [str(KUBECTL), "kustomize", str(HERE / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_accepts_every_object(overlay: str, version: str) -> None:
    objects = build(overlay)
    assert len(objects) > 10
    for each in objects:
        check(each, version)


def by_name(objects: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    return {(each["kind"], each["metadata"]["name"]): normal(each) for each in objects}


def normal(thing: Any) -> Any:
    """Without the order of lists in which it does not matter, such as the environment's."""
    if isinstance(thing, dict):
        return {key: normal(value) for key, value in thing.items()}
    if isinstance(thing, list):
        found = [normal(each) for each in thing]
        named = all(isinstance(each, dict) and "name" in each for each in found)
        return sorted(found, key=lambda each: str(each["name"])) if named else found
    return thing


def test_production_says_what_the_chart_says() -> None:
    ours = by_name([clean(each) for each in build("production") if each["kind"] != "Namespace"])
    # `helm test` has no counterpart.
    theirs = by_name([each for each in render(PRODUCTION) if component(each) != "test"])
    assert sorted(ours) == sorted(theirs)
    for key in theirs:
        assert ours[key] == theirs[key], key


@pytest.mark.parametrize("path", files())
def test_what_is_generated_is_up_to_date(path: Path) -> None:
    assert path.read_text() == files()[path], "run: make infra"
