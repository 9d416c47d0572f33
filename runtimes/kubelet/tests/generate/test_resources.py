"""Requests and limits as the kernel is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.cgroup import cgroup_parent
from runtimes.kubelet.generate.qos import Qos, oom_score_adj, pod_qos
from runtimes.kubelet.generate.resources import (
    container_resources,
    cpu_quota,
    cpu_shares,
    overhead,
    pod_resources,
)
from runtimes.kubelet.tests.builders import container, pod

GIB = 1 << 30
CONFIG = KubeletConfig(
    root=Path("/k"), log_root=Path("/l"), host_ip="192.0.2.7", memory_capacity_bytes=4 * GIB
)


Sides = dict[str, Any]


def needs(name: str = "app", **sides: Any) -> v1.Container:  # noqa: ANN401 - fields
    return container(name, resources=v1.ResourceRequirements(**sides))


def both(cpu: str, memory: str) -> Sides:
    return {"limits": {"cpu": cpu, "memory": memory}, "requests": {"cpu": cpu, "memory": memory}}


@pytest.mark.parametrize(("millicpu", "expected"), [(250, 256), (0, 2), (1, 2), (2000, 2048)])
def test_shares(millicpu: int, expected: int) -> None:
    assert cpu_shares(millicpu) == expected


@pytest.mark.parametrize(
    ("millicpu", "expected"), [(500, 50_000), (5, 1000), (0, 0), (3000, 300_000)]
)
def test_quota(millicpu: int, expected: int) -> None:
    assert cpu_quota(millicpu, 100_000) == expected


def test_a_container_with_request_and_limit() -> None:
    one = needs(requests={"cpu": "250m"}, limits={"cpu": "500m", "memory": "64Mi"})

    answer = container_resources(pod(one), one, CONFIG)

    assert (answer.cpu_shares, answer.cpu_quota, answer.cpu_period) == (256, 50_000, 100_000)
    assert answer.memory_limit_in_bytes == 64 << 20


def test_a_container_that_asks_for_nothing() -> None:
    one = needs()

    answer = container_resources(pod(one), one, CONFIG)

    assert (answer.cpu_shares, answer.cpu_quota, answer.memory_limit_in_bytes) == (2, 0, 0)
    assert answer.oom_score_adj == 1000


def test_the_limit_stands_in_for_a_missing_request() -> None:
    one = needs(limits={"cpu": "1"})

    assert container_resources(pod(one), one, CONFIG).cpu_shares == 1024


def test_huge_pages_are_named_as_the_kernel_names_them() -> None:
    one = needs(limits={"hugepages-2Mi": "4Mi", "hugepages-1Gi": "1Gi"})

    limits = container_resources(pod(one), one, CONFIG).hugepage_limits

    assert {limit.page_size: limit.limit for limit in limits} == {"1GB": GIB, "2MB": 4 << 20}


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ((needs(),), Qos.BEST_EFFORT),
        ((needs(limits={"cpu": "0"}),), Qos.BEST_EFFORT),
        ((needs(limits={"ephemeral-storage": "1Gi"}),), Qos.BEST_EFFORT),
        ((needs(**both("1", "1Gi")),), Qos.GUARANTEED),
        ((needs(limits={"cpu": "1", "memory": "1Gi"}),), Qos.GUARANTEED),
        ((needs(**both("1", "1Gi")), needs("b")), Qos.BURSTABLE),
        ((needs(requests={"cpu": "1"}),), Qos.BURSTABLE),
        ((needs(limits={"cpu": "1"}),), Qos.BURSTABLE),
        ((needs(limits={"cpu": "1", "memory": "2"}, requests={"memory": "1"}),), Qos.BURSTABLE),
    ],
)
def test_quality_of_service(containers: tuple[v1.Container, ...], expected: Qos) -> None:
    assert pod_qos(pod(*containers)) is expected


def test_an_init_container_counts_for_the_quality_of_service() -> None:
    assert pod_qos(pod(needs(**both("1", "1")), init=(needs("i"),))) is Qos.BURSTABLE


@pytest.mark.parametrize(
    ("request_", "expected"),
    [("1Gi", 750), ("4Gi", 3), ("100Gi", 3), ("1", 999), ("4Mi", 999), ("5Mi", 999)],
)
def test_burstable_containers_die_by_how_little_they_asked_for(
    request_: str, expected: int
) -> None:
    one = needs(requests={"memory": request_})

    assert oom_score_adj(pod(one), one, 4 * GIB) == expected


def test_guaranteed_and_critical_pods_die_last() -> None:
    guaranteed = needs(**both("1", "1Gi"))
    critical = pod(needs(), priority_class_name="system-node-critical")

    assert oom_score_adj(pod(guaranteed), guaranteed, 4 * GIB) == -997
    assert oom_score_adj(critical, critical.spec.containers[0], 4 * GIB) == -997


def test_a_pods_limits_hold_only_if_every_container_has_one() -> None:
    limited = needs("a", limits={"cpu": "500m", "memory": "1Gi"})
    free = needs("b", requests={"cpu": "250m"})

    together = pod_resources(pod(limited, free), CONFIG)
    alone = pod_resources(pod(limited), CONFIG)

    assert (together.cpu_quota, together.memory_limit_in_bytes) == (0, 0)
    assert (alone.cpu_quota, alone.memory_limit_in_bytes) == (50_000, GIB)
    assert together.cpu_shares == 256


def test_the_hungriest_init_container_counts_if_it_wants_more() -> None:
    regular = needs("a", limits={"cpu": "1", "memory": "1Gi"})
    init = needs("i", limits={"cpu": "500m", "memory": "3Gi"})

    answer = pod_resources(pod(regular, init=(init,)), CONFIG)

    assert (answer.cpu_quota, answer.memory_limit_in_bytes) == (100_000, 3 * GIB)


def side(name: str, cpu: str, memory: str) -> v1.Container:
    return replace(needs(name, **both(cpu, memory)), restart_policy="Always")


def test_a_sidecar_runs_beside_the_regular_containers_and_later_init_containers() -> None:
    sidecar = side("s", "200m", "1Gi")
    init = needs("i", **both("300m", "3Gi"))
    regular = needs("a", **both("100m", "2Gi"))

    answer = pod_resources(pod(regular, init=(sidecar, init)), CONFIG)

    assert (answer.cpu_shares, answer.cpu_quota) == (512, 50_000)
    assert answer.memory_limit_in_bytes == 4 * GIB


def test_a_sidecar_dies_no_sooner_than_those_that_it_serves() -> None:
    sidecar = replace(needs("s", requests={"memory": "1Mi"}), restart_policy="Always")
    of_pod = pod(
        needs(requests={"memory": "2Gi"}), needs("b", requests={"memory": "1Gi"}), init=(sidecar,)
    )

    assert oom_score_adj(of_pod, sidecar, 4 * GIB) == 750


def whole(*containers: v1.Container, **sides: Any) -> v1.Pod:  # noqa: ANN401 - fields
    return pod(*containers, resources=v1.ResourceRequirements(**sides))


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (both("1", "1Gi"), Qos.GUARANTEED),
        ({"requests": {"cpu": "1"}}, Qos.BURSTABLE),
        ({"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}}, Qos.BURSTABLE),
        ({}, Qos.BEST_EFFORT),
    ],
)
def test_what_a_pod_says_as_a_whole_decides_its_quality(sides: Sides, expected: Qos) -> None:
    assert pod_qos(whole(needs(), **sides)) is expected


def test_a_pods_own_limits_bound_it_and_each_container_that_has_none() -> None:
    free, own = needs("a"), needs("b", limits={"memory": "1Gi"})
    asked = whole(free, own, **both("500m", "2Gi"))

    of_pod = pod_resources(asked, CONFIG)
    first, second = (container_resources(asked, one, CONFIG) for one in (free, own))

    assert (of_pod.cpu_shares, of_pod.cpu_quota) == (512, 50_000)
    assert of_pod.memory_limit_in_bytes == 2 * GIB
    assert (first.cpu_quota, first.memory_limit_in_bytes) == (50_000, 2 * GIB)
    assert second.memory_limit_in_bytes == GIB


def test_what_a_pod_asks_for_beyond_its_containers_counts_for_each_alike() -> None:
    own = needs("b", requests={"memory": "1Gi"})
    asked = whole(needs("a"), own, requests={"memory": "3Gi"})

    scores = [oom_score_adj(asked, one, 4 * GIB) for one in asked.spec.containers]

    assert scores == [750, 500]


def test_overhead_is_told_when_the_pod_has_some() -> None:
    answer = overhead(pod(overhead={"cpu": "250m", "memory": "16Mi"}), CONFIG)

    assert answer is not None
    assert (answer.cpu_shares, answer.memory_limit_in_bytes) == (256, 16 << 20)
    assert overhead(pod(), CONFIG) is None


@pytest.mark.parametrize(
    ("root", "qos", "systemd", "expected"),
    [
        ("kubepods", Qos.BURSTABLE, False, "/kubepods/burstable/poda-b"),
        ("kubepods", Qos.GUARANTEED, False, "/kubepods/poda-b"),
        (
            "kubepods",
            Qos.BURSTABLE,
            True,
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poda_b.slice",
        ),
        ("kubepods", Qos.GUARANTEED, True, "/kubepods.slice/kubepods-poda_b.slice"),
        ("runtimes.kube", Qos.BEST_EFFORT, False, "/runtimes.kube/besteffort/poda-b"),
    ],
)
def test_a_pods_cgroup(root: str, qos: Qos, systemd: bool, expected: str) -> None:
    assert cgroup_parent(root, qos, "a-b", systemd=systemd) == expected


def test_our_pods_stay_out_of_a_kubelets_cgroup() -> None:
    assert not CONFIG.cgroup_root.startswith("kubepods")
