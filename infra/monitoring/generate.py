"""Writes dashboards and alerts to where the chart and the overlays read them.

Neither Helm nor kustomize reads a file outside its own folder: `python -m infra.monitoring.generate`.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from infra.monitoring.dashboards import DASHBOARDS

HERE = Path(__file__).parent
CHART = HERE.parent / "helm" / "rap-analyzer" / "files"
COMPONENT = HERE.parent / "kustomize" / "components" / "monitoring"


def main() -> None:
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def files() -> dict[Path, str]:
    """What is generated, by path."""
    alerts = (HERE / "alerts.yaml").read_text()
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "alerts", "labels": {"app.kubernetes.io/component": "alerts"}},
        "spec": yaml.safe_load(alerts),
    }
    found = {
        CHART / "alerts.yaml": alerts,
        COMPONENT / "alerts.yaml": yaml.safe_dump(rule, sort_keys=False, width=110),
    }
    for name, build in DASHBOARDS.items():
        text = JSONEncoder(sort_keys=True, indent=2).encode(build().build()) + "\n"
        for folder in (CHART / "dashboards", COMPONENT / "dashboards"):
            found[folder / f"{name}.json"] = text
    return found


if __name__ == "__main__":
    main()
