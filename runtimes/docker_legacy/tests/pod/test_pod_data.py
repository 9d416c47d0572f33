"""What a container's label tells of its pod to whoever stops it without a manifest."""

from __future__ import annotations

import json

import pytest

from runtimes.core import labels
from runtimes.core.pod import v1
from runtimes.docker_legacy.pod.pod_data import of_container, supplied
from runtimes.kubelet.generate.described import described_container
from runtimes.kubelet.generate.notes import read_annotations

HOOK = v1.LifecycleHandler(exec=v1.ExecAction(command=("sh", "-c", "bye")))
PORTS = (v1.ContainerPort(name="web", container_port=80),)
HOOKED = v1.Container(name="app", ports=PORTS, lifecycle=v1.Lifecycle(pre_stop=HOOK))
OF_KUBELET_1_1 = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {"name": "web", "creationTimestamp": None, "deletionGracePeriodSeconds": 7},
    "spec": {
        "containers": [
            {"name": "other"},
            {
                "name": "app",
                "resources": {},
                "lifecycle": {"preStop": {"exec": {"command": ["x"]}}},
            },
        ],
        "terminationGracePeriodSeconds": 40,
    },
    "status": {"phase": "Running", "startTime": None},
}


def pod(*containers: v1.Container) -> v1.Pod:
    spec = v1.PodSpec(containers=containers, termination_grace_period_seconds=40)
    return v1.Pod(metadata=v1.ObjectMeta(name="web", namespace="default", uid="u"), spec=spec)


def test_only_a_container_with_a_pre_stop_hook_has_its_pods_data() -> None:
    both = pod(HOOKED, v1.Container(name="plain"))

    assert of_container(both, "plain") == {}
    written = json.loads(of_container(both, "app")[labels.POD_DATA])
    assert written["metadata"]["uid"] == "u"
    assert [one["name"] for one in written["spec"]["containers"]] == ["app", "plain"]


def test_a_stop_finds_in_it_what_it_needs() -> None:
    found = supplied(of_container(pod(HOOKED), "app"), "app")

    assert described_container("app", found) == HOOKED
    assert read_annotations(found).termination_grace_period == 40


def test_what_the_first_kubelets_wrote_is_read() -> None:
    found = supplied({labels.POD_DATA: json.dumps(OF_KUBELET_1_1)}, "app")

    notes = read_annotations(found)
    assert (notes.deletion_grace_period, notes.termination_grace_period) == (7, 40)
    lifecycle = described_container("app", found).lifecycle
    assert lifecycle is not None
    assert lifecycle.pre_stop == v1.LifecycleHandler(exec=v1.ExecAction(command=("x",)))


def test_labels_of_their_own_count_first() -> None:
    newer = {
        labels.POD_DATA: json.dumps(OF_KUBELET_1_1),
        labels.POD_TERMINATION_GRACE_PERIOD: "3",
    }

    assert read_annotations(supplied(newer, "app")).termination_grace_period == 3


@pytest.mark.parametrize("data", ["", "{", "[]", '{"spec": {"containers": 1}}', "null"])
def test_broken_data_is_as_if_never_written(data: str) -> None:
    found = {labels.POD_DATA: data}

    assert supplied(found, "app") == found
