"""The five dashboards, a file each."""

from __future__ import annotations

from infra.monitoring.dashboards import cost, database, pipeline, service, tenants

DASHBOARDS = {
    "service": service.dashboard,
    "tenants": tenants.dashboard,
    "pipeline": pipeline.dashboard,
    "database": database.dashboard,
    "cost": cost.dashboard,
}
