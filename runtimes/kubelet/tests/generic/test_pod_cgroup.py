"""The limits of pods' own cgroups, written where a kernel would have its files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.dns import Resolver
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generic import pod_cgroup
from runtimes.kubelet.tests.builders import UID, container, pod

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = KubeletConfig(host_ip="192.0.2.7")
V1_FILES = {
    "cpu": {"cpu.shares": "1024", "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "-1"},
    "memory": {"memory.limit_in_bytes": "9223372036854771712"},
}
V2_FILES = {"": {"cpu.weight": "100", "cpu.max": "max 100000", "memory.max": "max"}}


class Host:
    """Cgroups in a folder: for each path that is asked for, the files that a kernel makes."""

    def __init__(self, root: Path, *, v2: bool) -> None:
        self.root = root
        self.files = V2_FILES if v2 else V1_FILES
        self.layout = Layout(
            version=Version.V2 if v2 else Version.V1,
            hierarchies={} if v2 else {name: root / name for name in V1_FILES},
            unified=root if v2 else None,
            unified_controllers=frozenset({"cpu", "memory"} if v2 else ()),
            own={},
        )

    def make(self, path: str) -> None:
        for hierarchy, files in self.files.items():
            for one in (path, *map(str, PurePosixPath(path).parents[:-1])):
                folder = self.root / hierarchy / one
                folder.mkdir(parents=True, exist_ok=True)
                for name, text in files.items():
                    if not (folder / name).exists():
                        (folder / name).write_text(text)

    def read(self, path: str) -> dict[str, str]:
        folders = [self.root / hierarchy / path for hierarchy in self.files]
        return {file.name: file.read_text() for folder in folders for file in folder.glob("*.*")}

    def limit(self, asked: v1.Pod) -> None:
        config = sandbox_config(asked, 0, CONFIG, node_resolver=Resolver(), systemd=False)
        pod_cgroup.limit(asked, config, CONFIG, self.layout)
        pod_cgroup.weigh(asked, config, self.layout)


@pytest.fixture(params=[False, True], ids=["v1", "v2"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(tmp_path, v2=request.param)


def asking(**sides: Any) -> v1.Pod:  # noqa: ANN401 - fields
    return pod(container(resources=v1.ResourceRequirements(**sides)), overhead={"cpu": "100m"})


def test_a_guaranteed_pod_has_the_cpu_of_its_containers_and_its_overhead(host: Host) -> None:
    amounts = {"cpu": "400m", "memory": "64Mi"}
    host.make(f"runtimes.kube/pod{UID}")

    host.limit(asking(limits=amounts, requests=amounts))

    found = set(host.read(f"runtimes.kube/pod{UID}").values())
    assert str(64 << 20) not in found
    assert found & {"50000", "50000 100000"}
    assert found & {"512", "20"}


def test_memory_is_limited_where_the_pod_says_so_and_no_longer(host: Host) -> None:
    path = f"runtimes.kube/burstable/pod{UID}"
    host.make(path)
    said = v1.ResourceRequirements(limits={"memory": "64Mi"}, requests={"memory": "1Mi"})
    host.limit(pod(resources=said))
    assert str(64 << 20) in host.read(path).values()

    host.limit(asking(requests={"memory": "64Mi"}))

    assert set(host.read(path).values()) & {"-1", "max"}
    assert str(64 << 20) not in host.read(path).values()


def test_burstable_pods_weigh_together_what_they_weigh_alone(host: Host) -> None:
    host.make(f"runtimes.kube/burstable/pod{UID}")
    host.make("runtimes.kube/burstable/podother")

    host.limit(asking(requests={"cpu": "900m"}))

    together = host.read("runtimes.kube/burstable")
    assert together["cpu.weight" if host.layout.is_v2 else "cpu.shares"] == (
        "138" if host.layout.is_v2 else "2048"
    )


def test_burstable_pods_weigh_nothing_once_they_have_gone(host: Host) -> None:
    host.make("runtimes.kube/burstable")

    pod_cgroup.weigh_burstable("runtimes.kube", host.layout)

    level = host.read("runtimes.kube/burstable")
    assert (level.get("cpu.shares") or level.get("cpu.weight")) in {"2", "1"}


def test_a_limit_that_the_host_refuses_keeps_no_other(host: Host) -> None:
    path = f"runtimes.kube/burstable/pod{UID}"
    host.make(path)
    for hierarchy in host.files:
        for name in ("cpu.cfs_quota_us", "cpu.max"):
            (host.root / hierarchy / path / name).unlink(missing_ok=True)

    said = v1.ResourceRequirements(limits={"memory": "64Mi"}, requests={"cpu": "500m"})
    host.limit(pod(resources=said))

    left = host.read(path)
    assert str(64 << 20) in left.values()
    assert (left.get("cpu.shares") or left.get("cpu.weight")) in {"512", "20"}


def test_best_effort_pods_get_what_is_left(host: Host) -> None:
    host.make(f"runtimes.kube/besteffort/pod{UID}")

    host.limit(pod())

    level = host.read("runtimes.kube/besteffort")
    assert (level.get("cpu.shares") or level.get("cpu.weight")) in {"2", "1"}


def test_a_host_without_the_cgroup_is_left_alone(host: Host) -> None:
    host.limit(asking(limits={"cpu": "1"}))

    assert list(host.root.iterdir()) == []
