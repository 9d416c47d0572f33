"""Whose a container is, by the names and labels of either generation."""

from __future__ import annotations

import pytest

from runtimes.core import labels
from runtimes.docker_legacy.pod.whose import Whose, whose

BEFORE = "/k8s_app.d8dbe16c_web_default_u-1_a8345dfb"
DOCKERSHIMS = "/k8s_app_web_default_u-1_3"
OURS = {"container": "app", "pod": "web", "namespace": "default", "uid": "u-1"}
NOTED = {
    labels.POD_NAME: "web",
    labels.POD_NAMESPACE: "default",
    labels.POD_UID: "u-1",
    labels.CONTAINER_NAME: "app",
}


def test_a_name_from_before_the_cri_tells_all_but_the_attempt() -> None:
    assert whose(BEFORE, {}) == Whose(**OURS, hash=0xD8DBE16C, attempt=0)


def test_a_name_of_dockershims_tells_the_attempt_and_no_hash() -> None:
    assert whose(DOCKERSHIMS, {}) == Whose(**OURS, hash=0, attempt=3)


@pytest.mark.parametrize(
    "name", ["/k8s_POD.0_web_default_u-1_a8345dfb", "/k8s_POD_web_default_u-1_0"]
)
def test_an_infra_container_is_one_in_either(name: str) -> None:
    found = whose(name, {})

    assert found is not None
    assert found.is_infra


def test_labels_tell_what_the_name_does_not() -> None:
    noted = {**NOTED, labels.CONTAINER_HASH: "1f", labels.CONTAINER_RESTART_COUNT: "2"}
    prefixed = {
        **NOTED,
        f"{labels.DOCKER_ANNOTATION_PREFIX}{labels.CONTAINER_HASH}": "1f",
        f"{labels.DOCKER_ANNOTATION_PREFIX}{labels.CONTAINER_RESTART_COUNT}": "2",
    }

    for name, found in ((BEFORE, noted), (DOCKERSHIMS, prefixed), ("/renamed", noted)):
        assert whose(name, found) == Whose(**OURS, hash=0x1F, attempt=2)


@pytest.mark.parametrize(
    "name",
    ["", "/web", "/k8s_app", "/k8s_app_web_default", "/k8s_app.zz_web_default_u-1_a8345dfb"],
)
def test_other_containers_belong_to_no_pod(name: str) -> None:
    assert whose(name, {"com.example": "x"}) is None


@pytest.mark.parametrize("broken", ["", "none", "-", "0x"])
def test_broken_numbers_are_as_if_never_written(broken: str) -> None:
    noted = {labels.CONTAINER_HASH: broken, labels.CONTAINER_RESTART_COUNT: broken}

    assert whose(DOCKERSHIMS, noted) == Whose(**OURS, hash=0, attempt=3)
