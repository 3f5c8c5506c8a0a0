"""Figures of what a worker has analysed."""

from __future__ import annotations

from collections.abc import Sequence

from app.analysis.keeping import Found
from app.telemetry.metrics import ANALYSES, ANALYZER_SECONDS, MODEL_COST, MODEL_TOKENS


def report_analyses(found: Sequence[Found]) -> None:
    """Counts a slice that was committed; answers of models that were there already cost nothing again."""
    for each in found:
        for name, result in each.results.items():
            ANALYSES.labels(name, result.status.value).inc()
            use = result.use
            if use is None:
                ANALYZER_SECONDS.labels(name).observe(each.durations_ms[name] / 1000)
            elif not use.cached:
                ANALYZER_SECONDS.labels(name).observe(each.durations_ms[name] / 1000)
                MODEL_TOKENS.labels(use.model, "in").inc(use.tokens_in or 0)
                MODEL_TOKENS.labels(use.model, "out").inc(use.tokens_out or 0)
                MODEL_COST.labels(use.model).inc(use.cost_usd)
