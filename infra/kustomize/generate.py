"""Writes what base and components hold, from the chart: `python -m infra.kustomize.generate`.

The two say the same since one is made of the other; which object goes where is said here. The
kustomization.yaml files, and the patches, are written by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python
import yaml

HERE = Path(__file__).parent
CHART = HERE.parent / "helm" / "rap-analyzer"
NAME = "rap-analyzer"
OF_HELM = {"helm.sh/chart", "app.kubernetes.io/managed-by"}
MONITORING = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
# The chart with all that a component may want of it; `dev` differs in its servers.
PRODUCTION: dict[str, Any] = {
    "secrets": {"existingSecret": "rap-analyzer-secrets"},
    "worker": {"autoscaling": {"type": "keda"}},
    "monitoring": {"enabled": True, "dashboards": {"enabled": True}},
    "pgbouncer": {"enabled": True, "host": "postgres.example"},
    "networkPolicy": {"metricsFrom": MONITORING},
}
PLAIN: dict[str, Any] = {
    "secrets": {"existingSecret": "rap-analyzer-secrets"},
    "networkPolicy": {"metricsFrom": MONITORING},
}
BUNDLED: dict[str, Any] = {
    **PLAIN,
    "postgres": {"mode": "bundled"},
    "valkey": {"mode": "bundled"},
}


def main() -> None:
    for path, text in files().items():
        path.write_text(text)


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The chart's objects without what is Helm's."""
    with helm_python.Chart.load(str(CHART)) as chart:
        manifests = chart.render(values, name=NAME, namespace="default")
    texts = [text for path, text in sorted(manifests.items()) if path.endswith(".yaml")]
    return [clean(found) for text in texts for found in yaml.safe_load_all(text) if found is not None]


def clean(thing: dict[str, Any]) -> dict[str, Any]:
    for metadata in (thing["metadata"], *pod_metadata(thing)):
        metadata.pop("namespace", None)
        for label in OF_HELM & set(metadata.get("labels", {})):
            del metadata["labels"][label]
        annotations = metadata.get("annotations", {})
        for name in [name for name in annotations if name.startswith("checksum/")]:
            del annotations[name]
        if metadata.get("annotations") == {}:
            del metadata["annotations"]
    if thing["kind"] == "Job":
        thing["metadata"]["name"] = f"{NAME}-migrate"
    return thing


def pod_metadata(thing: dict[str, Any]) -> list[dict[str, Any]]:
    template = thing.get("spec", {}).get("template")
    return [template["metadata"]] if isinstance(template, dict) else []


def files() -> dict[Path, str]:
    """What is generated, by path."""
    plain, full, bundled = render(PLAIN), render(PRODUCTION), render(BUNDLED)
    components = HERE / "components"
    grouped = {
        HERE / "base" / f"{part}.yaml": [
            each for each in plain if component(each) == part and each["kind"] not in ("NetworkPolicy", "Pod")
        ]
        for part in ("settings", "api", "worker", "migrate")
    }
    grouped[components / "networkpolicy" / "policies.yaml"] = of_kind(plain, "NetworkPolicy", but="test")
    grouped[components / "keda" / "scaledobject.yaml"] = of_kind(full, "ScaledObject")
    grouped[components / "monitoring" / "monitors.yaml"] = of_kind(full, "ServiceMonitor", "PrometheusRule")
    pgbouncer = [each for each in full if component(each) == "pgbouncer"]
    grouped[components / "pgbouncer" / "pgbouncer.yaml"] = pgbouncer
    servers = [each for each in bundled if component(each) in ("postgres", "valkey")]
    grouped[components / "bundled" / "servers.yaml"] = servers
    head = "# Generated from the chart by `make infra`.\n"
    return {
        path: head + yaml.safe_dump_all(things, sort_keys=False, width=110, explicit_start=True)
        for path, things in grouped.items()
    }


def component(thing: dict[str, Any]) -> str:
    found: str = thing["metadata"]["labels"]["app.kubernetes.io/component"]
    return found


def of_kind(things: list[dict[str, Any]], *kinds: str, but: str = "") -> list[dict[str, Any]]:
    return [each for each in things if each["kind"] in kinds and component(each) != but]


if __name__ == "__main__":
    main()
