"""Panels of our dashboards: one question each, asked of every process of the service."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import VizLegendOptions
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
WIDTH, HEIGHT = 12, 8


def board(uid: str, title: str, description: str) -> dashboard.Dashboard:
    """A dashboard that asks whichever Prometheus its reader chooses."""
    return (
        dashboard.Dashboard(f"rap-analyzer: {title}")
        .uid(f"rap-analyzer-{uid}")
        .description(description)
        .tags(["rap-analyzer"])
        .refresh("1m")
        .time("now-6h", "now")
        .timezone("browser")
        .readonly()
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )


def graph(title: str, unit: str, told: str, /, **series: str) -> Any:
    """Lines by legend: the names of `series` are their legends, in which `{{label}}` may stand."""
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(told)
        .unit(unit)
        .min(0)
        .span(WIDTH)
        .height(HEIGHT)
        .datasource(SOURCE)
        .legend(legend.show_legend(True))
    )
    return with_queries(panel, series)


def figure(title: str, unit: str, told: str, query: str) -> Any:
    """One number."""
    panel = stat.Panel().title(title).description(told).unit(unit).span(6).height(4).datasource(SOURCE)
    return with_queries(panel, {title: query})


def with_queries(panel: Any, series: dict[str, str]) -> Any:
    for number, (legend, query) in enumerate(series.items()):
        target = prometheus.Dataquery().expr(query).legend_format(legend).ref_id(chr(ord("A") + number))
        panel = panel.with_target(target.datasource(SOURCE))
    return panel


def quantile(part: float, metric: str, by: str = "") -> str:
    """Of a histogram, over all processes."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({part}, sum by ({labels}) (rate({metric}_bucket[5m])))"


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Per second, over all processes."""
    total = f"sum by ({by})" if by else "sum"
    return f"{total} (rate({metric}{where}[5m]))"


__all__ = ["board", "figure", "graph", "quantile", "rate"]
