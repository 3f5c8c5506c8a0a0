"""Writes dashboards and alerts to where the chart and the overlays read them.

Neither Helm nor kustomize reads a file outside its own folder: `python -m infra.monitoring.generate`.
"""

from __future__ import annotations

from pathlib import Path

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
    found = {CHART / "alerts.yaml": alerts}
    for name, build in DASHBOARDS.items():
        text = JSONEncoder(sort_keys=True, indent=2).encode(build().build()) + "\n"
        for folder in (CHART / "dashboards", COMPONENT / "dashboards"):
            found[folder / f"{name}.json"] = text
    return found


if __name__ == "__main__":
    main()
