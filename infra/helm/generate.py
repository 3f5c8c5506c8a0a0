"""Writes the chart's values.schema.json and README.md: `python -m infra.helm.generate`.

The schema's shape is that of values.yaml, its `settings` are those of app.settings, and what can't be seen
there (enumerations, patterns) is said here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from app.settings import Settings

CHART = Path(__file__).parent / "rap-analyzer"
# Said by the chart itself, or secret.
NOT_SET = {
    *(
        "database_url",
        "migration_database_url",
        "redis_url",
        "pooler",
        "identity_providers",
        "models",
        "embedders",
    ),
    *("host", "port", "data_dir", "worker_port", "worker_processes", "drain_seconds", "demo_key"),
}
PASSWORD = {"type": "string", "pattern": "^([A-Za-z0-9_-]{16,})?$"}
URL = {"type": "string", "pattern": "^(postgres(ql)?://.+)?$"}
COUNT = {"type": "integer", "minimum": 1}
PERCENT = {"type": "integer", "minimum": 1, "maximum": 100}
SECONDS = {"type": "integer", "minimum": 0}
QUANTITY = {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([KMGTP]i?)?$"}
CRON = {"type": "string", "pattern": "^(\\S+ ){4,5}\\S+$"}
OVERRIDES: dict[str, Any] = {
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "imagePullSecrets": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "secrets.databaseUrl": URL,
    "secrets.migrationDatabaseUrl": URL,
    "secrets.backupDatabaseUrl": URL,
    "secrets.replicaDatabaseUrl": {"type": "string"},
    "secrets.redisUrl": {"type": "string", "pattern": "^(rediss?(\\+cluster)?://.+)?$"},
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "service.port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "worker.autoscaling.type": {"enum": ["none", "hpa", "keda"]},
    "worker.processes": {"type": "integer", "minimum": 1, "maximum": 256},
    "postgres.mode": {"enum": ["external", "cnpg", "bundled"]},
    "valkey.mode": {"enum": ["external", "bundled"]},
    "postgres.ownerPassword": PASSWORD,
    "postgres.servicePassword": PASSWORD,
    "valkey.password": PASSWORD,
    "backup.schedule": CRON,
    "backup.drill.schedule": CRON,
    "backup.cnpgMethod": {"enum": ["volumeSnapshot", "plugin", "barmanObjectStore"]},
    "postgres.parameters": {"type": "object", "additionalProperties": {"type": "string"}},
    "httpRoute.hostnames": {"type": "array", "items": {"type": "string"}},
    "httpRoute.timeout": {"type": "string", "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$"},
    "monitoring.interval": {"type": "string", "pattern": "^[0-9]+(s|m)$"},
}
BY_NAME: dict[str, Any] = {
    **dict.fromkeys(("replicas", "minReplicas", "maxReplicas", "instances", "poolSize", "keepDays"), COUNT),
    **dict.fromkeys(("deadlineSeconds", "jobsPerReplica"), COUNT),
    **dict.fromkeys(("preStopSeconds", "drainSeconds"), SECONDS),
    "targetCPUUtilizationPercentage": PERCENT,
    "storage": QUANTITY,
    "image": {"type": "string", "minLength": 1},
}
# Kubernetes checks these itself, and knows better.
FREE = {"resources", "annotations", "podAnnotations", "labels", "commonLabels", "nodeSelector", "affinity"}


def main() -> None:
    for path, text in files().items():
        path.write_text(text)


def files() -> dict[Path, str]:
    """What is generated, by path."""
    text = (CHART / "values.yaml").read_text()
    schema = json.dumps(values_schema(yaml.safe_load(text)), indent=2) + "\n"
    return {CHART / "values.schema.json": schema, CHART / "README.md": readme(text)}


def values_schema(values: dict[str, Any]) -> dict[str, Any]:
    schema = of_mapping(values, "")
    schema["properties"]["settings"] = settings()
    # Helm gives these to every chart; ours has no use for them.
    schema["properties"]["global"] = {"type": "object"}
    schema["allOf"] = [
        # CloudNativePG has Secrets of its own kind, which the chart makes in any case.
        when("postgres.mode", ["cnpg"], "postgres.ownerPassword", "postgres.servicePassword"),
        unless_given(
            when("postgres.mode", ["bundled"], "postgres.ownerPassword", "postgres.servicePassword")
        ),
        unless_given(when("valkey.mode", ["bundled"], "valkey.password")),
        when("ingress.enabled", [True], "ingress.host"),
        when("httpRoute.enabled", [True], "httpRoute.parentRefs"),
    ]
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of rap-analyzer", **schema}


def of_mapping(values: dict[str, Any], path: str) -> dict[str, Any]:
    properties = {name: of(value, f"{path}{name}", name) for name, value in values.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def of(value: Any, path: str, name: str) -> dict[str, Any]:
    if path in OVERRIDES:
        return dict(OVERRIDES[path])
    if name in BY_NAME and not isinstance(value, dict):
        return dict(BY_NAME[name])
    if isinstance(value, dict):
        if name in FREE or not value:
            return {"type": "object"}
        if name == "podDisruptionBudget":
            return {"type": "object", "minProperties": 1, "maxProperties": 1}
        return of_mapping(value, f"{path}.")
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array"}
    return {"type": kinds[type(value)]}


def settings() -> dict[str, Any]:
    """As JSON Schema; durations and the like may be given as text, as the environment has it."""
    full = Settings.model_json_schema(by_alias=False)
    properties = {}
    for name, field in full["properties"].items():
        if name in NOT_SET:
            continue
        options = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
        kept = {k: v for k, v in options[0].items() if k not in ("default", "title", "format", "description")}
        properties[name] = {**kept, "description": field["description"]}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def when(path: str, values: list[Any], *needed: str) -> dict[str, Any]:
    """Where `path` is one of `values`, the `needed` may not be empty."""
    then: dict[str, Any] = {}
    for each in needed:
        group, name = each.split(".")
        rule = {"minItems": 1} if name == "parentRefs" else {"minLength": 1}
        then.setdefault(group, {"required": [], "properties": {}})
        then[group]["required"].append(name)
        then[group]["properties"][name] = rule
    group, name = path.split(".")
    condition = {"properties": {group: {"properties": {name: {"enum": values}}, "required": [name]}}}
    return {"if": {**condition, "required": [group]}, "then": {"properties": then}}


def unless_given(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule, where no Secret of the user's own holds what it asks for."""
    given = {"properties": {"existingSecret": {"minLength": 1}}, "required": ["existingSecret"]}
    some = {"properties": {"secrets": given}, "required": ["secrets"]}
    return {**rule, "if": {"allOf": [rule["if"], {"not": some}]}}


def readme(text: str) -> str:
    """The words of README.head.md, and a table of every value with the comment above it."""
    rows = ["| value | default | what for |", "|---|---|---|"]
    path: list[str] = []
    comment = ""
    for line in text.splitlines():
        if line.strip().startswith("#"):
            told = line.strip().lstrip("# ").removeprefix("-- ")
            comment = told if line.strip().startswith("# --") else f"{comment} {told}"
            continue
        entry = re.match(r"^( *)([A-Za-z_]+):(.*)$", line)
        if entry is None:
            comment = ""
            continue
        depth = len(entry[1]) // 2
        path[depth:] = [entry[2]]
        default = entry[3].strip()
        if default or comment:
            shown = f"`{default}`" if default else ""
            rows.append(f"| `{'.'.join(path)}` | {shown} | {comment.replace('|', '/')} |")
        comment = ""
    head = (CHART.parent / "README.head.md").read_text()
    names = "\n".join(f"| `{name}` | {of['description']} |" for name, of in settings()["properties"].items())
    return (
        f"{head}\n## Values\n\n"
        + "\n".join(rows)
        + f"\n\n## Settings\n\n| `settings.` | what for |\n|---|---|\n{names}\n"
    )


if __name__ == "__main__":
    main()
