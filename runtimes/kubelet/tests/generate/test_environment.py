"""A container's variables: order, expansion, downward API, ConfigMaps and Secrets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.environment import EnvironmentInputs, environment
from runtimes.kubelet.generate.objects import Objects
from runtimes.kubelet.tests.builders import UID, container, pod, with_meta

CONFIG = KubeletConfig(
    root=Path("/k"),
    log_root=Path("/l"),
    node_name="node-1",
    host_ip="192.0.2.7",
    memory_capacity_bytes=8 << 30,
    cpu_capacity_millicpu=2500,
)
OBJECTS = Objects(
    config_maps={
        ("default", "cm"): v1.ConfigMap(data={"z": "1", "a": "2", "bad name": "3", "..x": "4"})
    },
    secrets={
        ("default", "s"): v1.Secret(
            data={"raw": base64.b64encode(b"\xff").decode(), "k": base64.b64encode(b"v").decode()},
            string_data={"k": "wins"},
        )
    },
)


def var(name: str, value: str = "", **source: object) -> v1.EnvVar:
    value_from = v1.EnvVarSource(**source) if source else None  # type: ignore[arg-type]  # one source
    return v1.EnvVar(name=name, value=value, value_from=value_from)


def compute(
    *variables: v1.EnvVar,
    env_from: tuple[v1.EnvFromSource, ...] = (),
    of: v1.Pod | None = None,
    resources: v1.ResourceRequirements | None = None,
) -> dict[str, str]:
    one = container(
        env=variables, env_from=env_from, resources=resources or v1.ResourceRequirements()
    )
    asked = of or pod(one)
    inputs = EnvironmentInputs(
        pod=asked, config=CONFIG, pod_ips=("10.0.0.2", "fd00::2"), objects=OBJECTS
    )
    return environment(one, inputs)


def field(path: str) -> v1.EnvVar:
    return var("X", field_ref=v1.ObjectFieldSelector(field_path=path))


def test_variables_come_in_the_order_in_which_they_are_written() -> None:
    env_from = (v1.EnvFromSource(config_map_ref=v1.ConfigMapEnvSource(name="cm"), prefix="P_"),)

    answer = compute(var("B", "b"), var("A", "a"), env_from=env_from)

    assert list(answer) == ["P_..x", "P_a", "P_z", "B", "A"]


def test_a_value_may_refer_to_what_stands_before_it_only() -> None:
    answer = compute(var("A", "$(B)"), var("B", "b"), var("C", "$(B)$$(B)"))

    assert answer == {"A": "$(B)", "B": "b", "C": "b$(B)"}


def test_a_name_given_twice_keeps_its_place_and_takes_the_last_value() -> None:
    answer = compute(var("A", "1"), var("B", "2"), var("A", "$(A)3"))

    assert list(answer.items()) == [("A", "13"), ("B", "2")]


def test_names_that_cant_be_variables_are_left_out() -> None:
    env_from = (v1.EnvFromSource(config_map_ref=v1.ConfigMapEnvSource(name="cm")),)

    assert list(compute(env_from=env_from)) == ["a", "z"]


FIELDS = {
    "metadata.name": "web",
    "metadata.namespace": "default",
    "metadata.uid": UID,
    "metadata.labels['app']": "front",
    "metadata.labels['none']": "",
    "metadata.annotations['example.org/x']": "y",
    "spec.nodeName": "node-1",
    "spec.serviceAccountName": "robot",
    "status.hostIP": "192.0.2.7",
    "status.podIP": "10.0.0.2",
    "status.podIPs": "10.0.0.2,fd00::2",
}


@pytest.mark.parametrize(("path", "expected"), FIELDS.items())
def test_a_container_may_read_its_pods_fields(path: str, expected: str) -> None:
    asked = with_meta(
        pod(service_account_name="robot"),
        labels={"app": "front"},
        annotations={"example.org/x": "y"},
    )

    assert compute(field(path), of=asked) == {"X": expected}


def test_a_field_that_containers_cant_read_is_refused_with_those_they_can() -> None:
    with pytest.raises(errors.InvalidArgument, match=r"spec\.tolerations.*metadata\.name"):
        compute(field("spec.tolerations"))


RESOURCES = v1.ResourceRequirements(
    limits={"cpu": "1500m", "memory": "64Mi", "ephemeral-storage": "1Gi", "hugepages-2Mi": "4Mi"},
    requests={"cpu": "250m", "memory": "33Mi"},
)


@pytest.mark.parametrize(
    ("resource", "divisor", "expected"),
    [
        ("limits.cpu", "", "2"),
        ("limits.cpu", "1m", "1500"),
        ("requests.cpu", "", "1"),
        ("limits.memory", "", str(64 << 20)),
        ("limits.memory", "1Mi", "64"),
        ("requests.memory", "32Mi", "2"),
        ("limits.ephemeral-storage", "1Mi", "1024"),
        ("requests.ephemeral-storage", "", "0"),
        ("limits.hugepages-2Mi", "1Mi", "4"),
    ],
)
def test_a_container_may_read_its_resources_rounded_up(
    resource: str, divisor: str, expected: str
) -> None:
    selector = v1.ResourceFieldSelector(resource=resource, divisor=divisor)

    answer = compute(
        var("X", resource_field_ref=selector),
        of=pod(container(resources=RESOURCES)),
        resources=RESOURCES,
    )

    assert answer == {"X": expected}


@pytest.mark.parametrize(
    ("resource", "expected"), [("limits.cpu", "3"), ("limits.memory", str(8 << 30))]
)
def test_a_limit_that_isnt_set_is_the_nodes(resource: str, expected: str) -> None:
    selector = v1.ResourceFieldSelector(resource=resource)

    assert compute(var("X", resource_field_ref=selector)) == {"X": expected}


def test_anothers_resources_can_be_read_by_name() -> None:
    other = container("other", resources=RESOURCES)
    selector = v1.ResourceFieldSelector(resource="limits.memory", container_name="other")

    answer = compute(var("X", resource_field_ref=selector), of=pod(container(), other))

    assert answer == {"X": str(64 << 20)}


def test_keys_of_configmaps_and_secrets_can_be_read() -> None:
    answer = compute(
        var("C", config_map_key_ref=v1.ConfigMapKeySelector(name="cm", key="a")),
        var("S", secret_key_ref=v1.SecretKeySelector(name="s", key="k")),
        var("R", secret_key_ref=v1.SecretKeySelector(name="s", key="raw")),
    )

    assert answer == {"C": "2", "S": "wins", "R": "\udcff"}


@pytest.mark.parametrize(("name", "key"), [("none", "a"), ("cm", "none")])
def test_what_is_missing_is_an_error_unless_it_is_optional(name: str, key: str) -> None:
    def ask(*, optional: bool) -> dict[str, str]:
        ref = v1.ConfigMapKeySelector(name=name, key=key, optional=optional)
        return compute(var("X", config_map_key_ref=ref))

    assert ask(optional=True) == {}
    with pytest.raises(errors.NotFound, match="none"):
        ask(optional=False)


def test_a_missing_secret_is_named_with_its_namespace() -> None:
    env_from = (v1.EnvFromSource(secret_ref=v1.SecretEnvSource(name="gone")),)

    with pytest.raises(errors.NotFound, match='secret "gone" not found'):
        compute(env_from=env_from)
