"""A process that drives a pod until it is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.fake.service import FakeCri
from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.runtime import GenericRuntime
from runtimes.kubelet.store.pods import PodStore
from runtimes.kubelet.tests.bench import script
from runtimes.kubelet.tests.builders import pod, with_meta
from runtimes.kubelet.worker import PodWorker

if TYPE_CHECKING:
    from pathlib import Path

MOUNT = v1.VolumeMount(name="v", mount_path="/v")
WANTED = with_meta(
    pod(
        script("sleep 1000", "a", volume_mounts=(MOUNT,)),
        script("sleep 1000", "b"),
        init=(script("true", "i"), script("true", "j")),
        volumes=(v1.Volume(name="v"),),
        share_process_namespace=True,
    ),
    uid="",
)


def open_worker(root: Path) -> tuple[PodWorker, GenericRuntime]:
    """Open what every process shares, by its files alone."""
    config = KubeletConfig(root=root / "kubelet", log_root=root / "logs", host_ip="192.0.2.7")
    service = FakeCri(state=root / "engine.json")
    runtime = GenericRuntime(service, name="fake", config=config)
    store = PodStore(config.root, "fake")
    return PodWorker(runtime, store.apply(WANTED).pod, store=store), runtime


def drive(root: Path) -> None:
    """Start and remove the pod, again and again."""
    while True:
        worker, _ = open_worker(root)
        worker.run(until=lambda view: view.running)
        worker.remove()
