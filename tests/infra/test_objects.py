"""What no schema sees: objects that name one another have to fit together, and fit the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.http.health import health_routes
from app.main import create_app
from app.settings import Settings
from tests.infra.charts import MATRIX, Object, containers, matches, named, of_kind, pods, rendered

EVERY = pytest.mark.parametrize("case", MATRIX)


def ports(pod: Object) -> dict[str, int]:
    return {p["name"]: p["containerPort"] for c in containers(pod) for p in c.get("ports", [])}


@EVERY
def test_selectors_match_what_they_are_for(case: str) -> None:
    objects = rendered(case)
    made = dict(pods(objects))
    for each in of_kind(objects, "Deployment", "StatefulSet"):
        wanted = each["spec"]["selector"]["matchLabels"]
        owners = [name for name, pod in made.items() if matches(wanted, pod["metadata"]["labels"])]
        assert owners == [f"{each['kind']}/{each['metadata']['name']}"]
    for each in of_kind(objects, "Service", "PodDisruptionBudget", "NetworkPolicy"):
        spec = each["spec"]
        selector = spec.get("podSelector") or spec["selector"]
        wanted = selector.get("matchLabels", selector)
        found = [pod for pod in made.values() if matches(wanted, pod["metadata"]["labels"])]
        assert found, f"{each['kind']} {each['metadata']['name']} selects nothing"
        if each["kind"] == "Service":
            for port in spec["ports"]:
                assert all(port["targetPort"] in ports(pod) for pod in found)


@EVERY
def test_network_policies_name_pods_and_ports_that_there_are(case: str) -> None:
    objects = rendered(case)
    made = [pod for _, pod in pods(objects)]

    def selected(selector: dict[str, Any]) -> list[Object]:
        return [pod for pod in made if matches(selector["matchLabels"], pod["metadata"]["labels"])]

    def meant(peers: list[dict[str, Any]]) -> list[Object]:
        return [pod for peer in peers if "podSelector" in peer for pod in selected(peer["podSelector"])]

    policies = of_kind(objects, "NetworkPolicy")
    for policy in policies:
        own = selected(policy["spec"]["podSelector"])
        for way, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(way) or []:
                servers = own if way == "ingress" else meant(rule.get(peers, []))
                for port in rule.get("ports", []):
                    if isinstance(port["port"], str):
                        assert servers, policy["metadata"]["name"]
                        assert all(port["port"] in ports(pod) for pod in servers), policy["metadata"]["name"]
                for pod in servers if way == "egress" else []:
                    allowed = {p["port"] for p in rule["ports"]}
                    assert allowed & ({*ports(pod)} | {*ports(pod).values()}), policy["metadata"]["name"]
    if policies:
        (deny,) = [each for each in policies if each["metadata"]["name"].endswith("-deny")]
        assert len(selected(deny["spec"]["podSelector"])) == len(made)
        assert "ingress" not in deny["spec"]


@EVERY
def test_what_is_named_exists(case: str) -> None:
    objects = rendered(case)
    given = MATRIX[case].get("secrets", {}).get("existingSecret")
    outside = {("Secret", "rap-tls"), ("Secret", given)}
    for kind, name, keys in references(objects):
        if (kind, name) in outside:
            continue
        found = named(objects, kind, name)
        assert found is not None, f"{kind} {name}"
        there = {**found.get("data", {}), **found.get("stringData", {})}
        assert keys <= set(there), f"{kind} {name} has no {keys - set(there)}"


def references(objects: list[Object]) -> Iterator[tuple[str, str, set[str]]]:
    """Kind, name and keys of all that is named by something."""
    for _, pod in pods(objects):
        spec = pod["spec"]
        if "serviceAccountName" in spec:
            yield "ServiceAccount", spec["serviceAccountName"], set()
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        for volume in spec.get("volumes", []):
            for source in volume.get("projected", {}).get("sources", [volume]):
                if "configMap" in source:
                    yield "ConfigMap", source["configMap"]["name"], set()
                if "secret" in source:
                    yield "Secret", source["secret"]["name"], {i["key"] for i in source["secret"]["items"]}
            if "persistentVolumeClaim" in volume:
                yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], set()
        for container in containers(pod):
            for each in container.get("envFrom", []):
                yield "ConfigMap", each["configMapRef"]["name"], set()
            for each in container.get("env", []):
                if "valueFrom" in each:
                    ref = each["valueFrom"]["secretKeyRef"]
                    yield "Secret", ref["name"], {ref["key"]}
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            assert mounted <= volumes | {"data"}
    for each in of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject"):
        yield "Deployment", each["spec"]["scaleTargetRef"]["name"], set()
    for each in of_kind(objects, "StatefulSet"):
        yield "Service", each["spec"]["serviceName"], set()
    for each in of_kind(objects, "Ingress"):
        for rule in each["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                yield "Service", path["backend"]["service"]["name"], set()
    for each in of_kind(objects, "HTTPRoute"):
        for rule in each["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                yield "Service", backend["name"], set()
    for each in of_kind(objects, "Cluster"):
        yield "Secret", each["spec"]["bootstrap"]["initdb"]["secret"]["name"], {"username", "password"}
        for role in each["spec"]["managed"]["roles"]:
            yield "Secret", role["passwordSecret"]["name"], {"username", "password"}
    for each in of_kind(objects, "ScheduledBackup"):
        yield "Cluster", each["spec"]["cluster"]["name"], set()


@EVERY
def test_nobody_and_everybody_scale_the_same_deployment(case: str) -> None:
    objects = rendered(case)
    scalers = of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject")
    scaled = [each["spec"]["scaleTargetRef"]["name"] for each in scalers]
    assert len(scaled) == len(set(scaled))
    for each in of_kind(objects, "Deployment"):
        # A number here would undo what the autoscaler has done, at every upgrade.
        assert ("replicas" in each["spec"]) != (each["metadata"]["name"] in scaled)


@EVERY
def test_prometheus_finds_a_port_to_ask(case: str) -> None:
    objects = rendered(case)
    for monitor in of_kind(objects, "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        services = [s for s in of_kind(objects, "Service") if matches(wanted, s["metadata"]["labels"])]
        assert len(services) == 1
        for endpoint in monitor["spec"]["endpoints"]:
            assert endpoint["port"] in {port["name"] for port in services[0]["spec"]["ports"]}
            assert endpoint["path"] in ROUTES


def test_the_world_may_ask_for_what_is_for_it() -> None:
    """All routes of the service but the probes, /metrics, and the page that leads to GraphiQL."""
    settings = Settings(database_url="postgresql://x", redis_url="redis://x")
    routes = {f"/{route.path.split('/')[1]}" for route in create_app(settings).routes}  # type: ignore[attr-defined]
    objects = rendered("external-everything")
    (ingress,), (route,) = of_kind(objects, "Ingress"), of_kind(objects, "HTTPRoute")
    by_ingress = {path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]}
    by_route = {match["path"]["value"] for rule in route["spec"]["rules"] for match in rule["matches"]}
    assert by_ingress == by_route == routes - ROUTES - {"/"}


UNITS = {"m": 0.001, "": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(text: str) -> float:
    found = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(text))
    assert found is not None, text
    return float(found[1]) * UNITS[found[2]]


@EVERY
def test_requests_are_within_limits(case: str) -> None:
    for name, pod in pods(rendered(case)):
        for container in containers(pod):
            resources = container["resources"]
            assert {"cpu", "memory"} <= set(resources["requests"]), name
            assert "memory" in resources["limits"], name
            for what, limit in resources["limits"].items():
                assert quantity(resources["requests"][what]) <= quantity(limit), name


ROUTES = {route.path for route in health_routes()}  # type: ignore[attr-defined]


@EVERY
def test_probes_ask_what_there_is(case: str) -> None:
    for name, pod in pods(rendered(case)):
        if name.split("/")[0] not in ("Deployment", "StatefulSet"):
            continue
        for container in pod["spec"]["containers"]:
            assert {"livenessProbe", "readinessProbe"} <= set(container), name
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                probe = container.get(kind, {})
                if "httpGet" in probe:
                    assert probe["httpGet"]["path"] in ROUTES
                    assert probe["httpGet"]["port"] in ports(pod)
                if "tcpSocket" in probe:
                    assert probe["tcpSocket"]["port"] in ports(pod)


@EVERY
def test_settings_are_ones_of_the_service_and_fit_together(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = rendered(case)
    known = {f"RAP_ANALYZER_{field.upper()}" for field in Settings.model_fields} | {"PORT"}
    ours = [(name, pod, c) for name, pod in pods(objects) for c in containers(pod) if "envFrom" in c]
    assert len(ours) == 2 * 2 + 1
    for name, _, container in ours:
        environment: dict[str, str] = {}
        for each in container["envFrom"]:
            config = named(objects, "ConfigMap", each["configMapRef"]["name"])
            assert config is not None
            environment |= config["data"]
        for each in container["env"]:
            environment[each["name"]] = each.get("value") or value_of(objects, each["valueFrom"])
        assert {key for key in environment if key.startswith("RAP_")} <= known, name
        with monkeypatch.context() as patched:
            for key, value in environment.items():
                assert isinstance(value, str), f"{key} is no text"
                patched.setenv(key, value)
            settings = Settings()
        assert settings.port == 8000
        assert settings.host == "0.0.0.0"  # noqa: S104
        if container["args"] == ["worker"]:
            assert settings.worker_port in ports_of(container)
            assert settings.pooler == "none"
        if container["args"] == ["serve"]:
            assert settings.port in ports_of(container)
            assert (settings.pooler == "transaction") == ("pgbouncer" in MATRIX[case])
        assert (settings.migration_database_url is not None) == (container["args"] == ["migrate"])


def value_of(objects: list[Object], source: Object) -> Any:
    ref = source["secretKeyRef"]
    secret = named(objects, "Secret", ref["name"])
    samples = {"redis-url": "redis://x"}
    return secret["stringData"][ref["key"]] if secret else samples.get(ref["key"], "postgresql://a:b@c/d")


def ports_of(container: Object) -> set[int]:
    return {port["containerPort"] for port in container["ports"]}


@EVERY
def test_pods_may_nothing(case: str) -> None:
    """The restricted profile of Pod Security, and more."""
    for name, pod in pods(rendered(case)):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            mounts = {mount["mountPath"] for mount in container.get("volumeMounts", [])}
            assert "/tmp" in mounts or "envFrom" not in container, name  # noqa: S108


@EVERY
def test_a_pod_that_leaves_has_time(case: str) -> None:
    for name, pod in pods(rendered(case)):
        for container in pod["spec"]["containers"]:
            stop = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            environment = {each["name"]: each.get("value") for each in container.get("env", [])}
            drain = float(environment.get("RAP_ANALYZER_DRAIN_SECONDS", 0))
            assert pod["spec"].get("terminationGracePeriodSeconds", 30) > stop + drain, name


@EVERY
def test_secrets_are_in_secrets_alone(case: str) -> None:
    objects = [each for each in rendered(case) if each["kind"] != "Secret"]
    shown = str(objects).replace("'key': 'valkey-password'", "")
    for secret in ("secret-of-", "owner-password-0123", "service-password-0123", "valkey-password"):
        assert secret not in shown
