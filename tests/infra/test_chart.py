"""The chart renders what Kubernetes accepts, at its oldest and newest version, and refuses wrong values."""

from __future__ import annotations

from typing import Any

import helm_python
import jsonschema
import kubernetes_validate
import pytest

from infra.helm.generate import files
from tests.infra.charts import BUNDLED, CHART, EXTERNAL, MATRIX, of_kind, render, rendered
from tests.infra.schemas import NEWEST, OLDEST, check


@pytest.mark.parametrize("case", MATRIX)
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_accepts_every_object(case: str, version: str) -> None:
    objects = rendered(case)
    assert len(objects) > 10
    for each in objects:
        try:
            check(each, version)
        except Exception as error:
            raise AssertionError(f"{each['kind']} {each['metadata']['name']}: {error}") from error


REFUSALS = (
    jsonschema.ValidationError,
    kubernetes_validate.ValidationError,
    kubernetes_validate.SchemaNotFoundError,
)


def test_it_would_be_noticed() -> None:
    (service,) = [
        each for each in of_kind(rendered("external"), "Service") if "api" in each["metadata"]["name"]
    ]
    for wrong in (
        {**service, "kind": "Servitude"},
        {**service, "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor"},
        {**service, "spec": {**service["spec"], "selektor": {}}},
    ):
        with pytest.raises(REFUSALS):
            check(wrong, NEWEST)


@pytest.mark.parametrize("case", MATRIX)
def test_lint_finds_nothing(case: str) -> None:
    found = helm_python.lint(str(CHART), values=MATRIX[case])
    worse = [each for each in found["messages"] if each["severity"] > 1]
    assert not worse
    assert not found["errors"]


REFUSED: dict[str, dict[str, Any]] = {
    "no database": {},
    "no Valkey": {"secrets": {"databaseUrl": "postgresql://a:b@c/d"}},
    "a name that is none": {**EXTERNAL, "replicaCount": 3},
    "a setting that is none": {**EXTERNAL, "settings": {"query_secs": 3}},
    "a setting that the chart sets": {**EXTERNAL, "settings": {"port": 80}},
    "a secret among the settings": {**EXTERNAL, "settings": {"database_url": "postgresql://a:b@c/d"}},
    "a setting of the wrong kind": {**EXTERNAL, "settings": {"graphiql": "perhaps"}},
    "a setting out of range": {**EXTERNAL, "settings": {"trace_ratio": 2}},
    "no replicas": {**EXTERNAL, "api": {"replicas": 0}},
    "a mode that is none": {**EXTERNAL, "postgres": {"mode": "mysql"}},
    "a URL of another database": {"secrets": {**EXTERNAL["secrets"], "databaseUrl": "mysql://a:b@c/d"}},
    "bundled without passwords": {"postgres": {"mode": "bundled"}, "valkey": BUNDLED["valkey"]},
    "a short password": {**BUNDLED, "valkey": {"mode": "bundled", "password": "secret"}},
    "a password that breaks a URL": {
        **BUNDLED,
        "valkey": {"mode": "bundled", "password": "p@ss/word:0123456789"},
    },
    "an ingress without a host": {**EXTERNAL, "ingress": {"enabled": True}},
    "a route without a gateway": {**EXTERNAL, "httpRoute": {"enabled": True}},
    "an autoscaler that is none": {**EXTERNAL, "worker": {"autoscaling": {"type": "vpa"}}},
    "a digest that is none": {**EXTERNAL, "image": {"digest": "latest"}},
    "PgBouncer in front of nobody": {**EXTERNAL, "pgbouncer": {"enabled": True}},
    "two budgets": {**EXTERNAL, "api": {"podDisruptionBudget": {"minAvailable": 1, "maxUnavailable": 1}}},
    "a schedule that is none": {**EXTERNAL, "backup": {"enabled": True, "schedule": "daily"}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_values_are_refused(case: str) -> None:
    with pytest.raises((helm_python.HelmError, jsonschema.ValidationError)):
        render(REFUSED[case])


def test_a_migration_is_an_ordinary_job_with_a_name_of_its_content() -> None:
    def jobs(values: dict[str, Any]) -> list[str]:
        found = of_kind(render(values), "Job")
        assert all("helm.sh/hook" not in each["metadata"].get("annotations", {}) for each in found)
        return [each["metadata"]["name"] for each in found]

    first = jobs(EXTERNAL)
    assert len(first) == 1
    assert jobs(EXTERNAL) == first
    assert jobs({**EXTERNAL, "api": {"replicas": 7}}) == first
    assert jobs({**EXTERNAL, "image": {"tag": "0.2.0"}}) != first
    assert jobs({**EXTERNAL, "settings": {"log_level": "DEBUG"}}) != first


def test_long_names_stay_names() -> None:
    for each in render(
        {**MATRIX["bundled-everything"]}, release="a-release-whose-name-is-very-long-indeed-and-more"
    ):
        assert len(each["metadata"]["name"]) <= 63


@pytest.mark.parametrize("path", files())
def test_what_is_generated_is_up_to_date(path: Any) -> None:
    assert path.read_text() == files()[path], "run: make infra"
