"""The chart as Kubernetes gets it, for the values of MATRIX."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "infra" / "helm" / "rap-analyzer"
Object = dict[str, Any]

NAMESPACE = "kubernetes.io/metadata.name"
PASSWORDS = {"ownerPassword": "owner-password-0123", "servicePassword": "service-password-0123"}
EXTERNAL = {
    "secrets": {
        "databaseUrl": "postgresql://service:secret-of-the-service@db.example:5432/rap",
        "migrationDatabaseUrl": "postgresql://owner:secret-of-the-owner@db.example:5432/rap",
        "redisUrl": "rediss+cluster://:secret-of-valkey@valkey.example:6379",
    }
}
MORE_SECRETS = {
    "replicaDatabaseUrl": "postgresql://service:secret-of-the-service@standby.example:5432/rap",
    "backupDatabaseUrl": "postgresql://backup:secret-of-backups@db.example:5432/rap",
}
BUNDLED = {
    "postgres": {"mode": "bundled", **PASSWORDS},
    "valkey": {"mode": "bundled", "password": "valkey-password-0123"},
}
EVERYTHING = {
    "worker": {"autoscaling": {"type": "keda"}},
    "ingress": {"enabled": True, "host": "rap.example", "className": "nginx", "tlsSecret": "rap-tls"},
    "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["rap.example"]},
    "monitoring": {"enabled": True, "labels": {"release": "prometheus"}, "dashboards": {"enabled": True}},
    "pgbouncer": {"enabled": True, "host": "db.example"},
    "backup": {"enabled": True},
    "networkPolicy": {
        "metricsFrom": [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
        ],
        "ingressFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
        "databaseTo": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
        "extraEgress": [{"ports": [{"port": 443}]}],
    },
    "settings": {
        "query_seconds": 20,
        "log_level": "WARNING",
        "origins": ["https://app.example"],
        "graphiql": False,
        "otlp_endpoint": "http://collector.monitoring:4318",
    },
    "commonLabels": {"team": "lyrics"},
    "imagePullSecrets": ["registry"],
    "image": {"digest": f"sha256:{'0' * 64}"},
    "api": {"trustedProxies": "10.0.0.0/8", "tolerations": [{"key": "a", "operator": "Exists"}]},
}
MATRIX: dict[str, dict[str, Any]] = {
    "external": EXTERNAL,
    "bundled": BUNDLED,
    "existing-secret": {"secrets": {"existingSecret": "ours"}},
    "cnpg": {
        "postgres": {"mode": "cnpg", **PASSWORDS},
        "valkey": BUNDLED["valkey"],
        "backup": {"enabled": True, "schedule": "0 0 3 * * *"},
    },
    "bundled-everything": {**BUNDLED, **EVERYTHING},
    "external-everything": {
        **EXTERNAL,
        **EVERYTHING,
        "secrets": {**EXTERNAL["secrets"], **MORE_SECRETS},
    },
    "fixed": {
        **EXTERNAL,
        "api": {"autoscaling": {"enabled": False}, "replicas": 3, "preStopSeconds": 0},
        "worker": {"autoscaling": {"type": "hpa"}},
        "networkPolicy": {"enabled": False},
    },
}


def render(values: dict[str, Any], release: str = "rap") -> list[Object]:
    """Every object, in the chart's order. Raises helm_python.HelmError."""
    with helm_python.Chart.load(str(CHART)) as chart:
        manifests = chart.render(values, name=release, namespace="lyrics")
    return [
        found
        for path, text in sorted(manifests.items())
        if path.endswith(".yaml")
        for found in yaml.safe_load_all(text)
        if found is not None
    ]


@cache
def _rendered(case: str) -> list[Object]:
    return render(MATRIX[case])


def rendered(case: str) -> list[Object]:
    return copy.deepcopy(_rendered(case))


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [each for each in objects if each["kind"] in kinds]


def named(objects: list[Object], kind: str, name: str) -> Object | None:
    return next((each for each in of_kind(objects, kind) if each["metadata"]["name"] == name), None)


def pods(objects: list[Object]) -> list[tuple[str, Object]]:
    """Metadata and spec of every pod that these objects make, each under its maker's name."""
    found = []
    for each in objects:
        name = f"{each['kind']}/{each['metadata']['name']}"
        match each["kind"]:
            case "Pod":
                found.append((name, each))
            case "Deployment" | "StatefulSet" | "Job":
                found.append((name, each["spec"]["template"]))
            case "CronJob":
                found.append((name, each["spec"]["jobTemplate"]["spec"]["template"]))
    return found


def containers(pod: Object) -> list[Object]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def matches(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()
