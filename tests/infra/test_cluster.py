"""A real Kubernetes takes it all: everything is applied by the server, and nothing of it kept."""

from __future__ import annotations

import os
import subprocess
import uuid

import pytest
import yaml

from tests.infra.charts import MATRIX, rendered
from tests.infra.test_kustomize import KUBECTL, OVERLAYS, build

OF_OTHERS = {"ServiceMonitor", "PrometheusRule", "ScaledObject", "HTTPRoute", "Cluster", "ScheduledBackup"}


def kubectl(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    config = os.environ.get("TEST_KUBECONFIG")
    if not config:
        pytest.skip("This needs a cluster: name its kubeconfig in TEST_KUBECONFIG.")
    command = [str(KUBECTL), f"--kubeconfig={config}", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True)


@pytest.mark.parametrize("case", [*MATRIX, *OVERLAYS])
def test_the_server_takes_every_object(case: str) -> None:
    namespace = f"rap-analyzer-test-{uuid.uuid4().hex[:8]}"
    made = kubectl("create", "namespace", namespace)
    assert made.returncode == 0, made.stderr
    try:
        restricted = ("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        assert kubectl(*restricted).returncode == 0
        known = kubectl("api-resources", "--no-headers").stdout
        objects = [
            {**each, "metadata": {**each["metadata"], "namespace": namespace}}
            for each in (rendered(case) if case in MATRIX else build(case))
            if each["kind"] != "Namespace"
            and (each["kind"] not in OF_OTHERS or f" {each['kind']}\n" in known)
        ]
        text = yaml.safe_dump_all(objects)
        applied = kubectl("apply", "--server-side", "--filename=-", f"--namespace={namespace}", text=text)
        assert applied.returncode == 0, applied.stderr
        assert "would violate PodSecurity" not in applied.stderr
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")
