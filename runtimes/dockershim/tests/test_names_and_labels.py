"""Names and labels of Docker objects, as kubelet 1.22's dockershim spelt them."""

from __future__ import annotations

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim import labels, naming

POD = cri.PodSandboxMetadata(name="web", namespace="default", uid="u1", attempt=3)
APP = cri.ContainerMetadata(name="app", attempt=0)


def test_names_are_dockershims() -> None:
    assert naming.of_sandbox(POD) == "k8s_POD_web_default_u1_3"
    assert naming.of_container(APP, POD) == "k8s_app_web_default_u1_0"
    assert naming.with_suffix("k8s_app_web_default_u1_0", 0xDEADBEEF) == (
        "k8s_app_web_default_u1_0_deadbeef"
    )


@pytest.mark.parametrize(
    "name", ["/k8s_app_web_default_u1_0", "/k8s_app_web_default_u1_0_deadbeef"]
)
def test_a_container_is_read_from_its_name_with_or_without_a_suffix(name: str) -> None:
    parsed = naming.parse(["/other/link", name])

    assert parsed is not None
    assert naming.container_metadata(parsed) == APP
    assert parsed.pod == "web"


def test_a_sandbox_is_read_from_its_name() -> None:
    parsed = naming.parse(["/k8s_POD_web_default_u1_3"])

    assert parsed is not None
    assert naming.sandbox_metadata(parsed) == POD


@pytest.mark.parametrize("name", ["/k8s_app.33dc92f6_web_default_u1_4a1d0157", "/redis", "/"])
def test_names_of_others_and_from_before_the_cri_are_not_ours(name: str) -> None:
    assert naming.parse([name]) is None


def test_a_sandboxes_labels_are_read_back_without_ours() -> None:
    config = cri.PodSandboxConfig(labels={"a": "b"}, annotations={"c/d": "e"})

    written = labels.of_sandbox(config)

    assert written == {
        "a": "b",
        "annotation.c/d": "e",
        "io.kubernetes.docker.type": "podsandbox",
        "io.kubernetes.container.name": "POD",
    }
    assert labels.read(written) == ({"a": "b"}, {"c/d": "e"})


def test_a_containers_labels_name_its_sandbox_and_log() -> None:
    name = {"io.kubernetes.container.name": "app"}
    written = labels.of_container(cri.ContainerConfig(labels=name), "f00", "/var/log/pods/x.log")

    assert labels.read(written) == (name, {})
    assert labels.sandbox_of(written) == "f00"
    assert labels.log_path_of(written) == "/var/log/pods/x.log"


def test_a_caller_can_not_set_the_labels_that_are_ours() -> None:
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="main"),
        labels={labels.CGROUP_LIMITS: "{}", labels.IMAGE_VOLUMES: "nonsense", "app": "web"},
    )

    written = labels.of_container(config, "sandbox", "")

    assert not {labels.CGROUP_LIMITS, labels.IMAGE_VOLUMES} & set(written)
    assert labels.read(written)[0] == {"app": "web"}


@pytest.mark.parametrize("text", ["", "[{", "none"])
def test_a_label_of_image_volumes_that_can_not_be_read_names_none(text: str) -> None:
    assert labels.image_volumes_of({labels.IMAGE_VOLUMES: text}) == []
