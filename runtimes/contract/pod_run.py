"""Open the PodRuntime of a subject; the suite's image gets into it when a test asks for it."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from runtimes.contract.bench import Run
from runtimes.contract.pod_bench import PodRun
from runtimes.contract.testimage.busybox import BUSYBOX, busybox
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.runtime import GenericRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.contract.subject import Subject
    from runtimes.core.cri.services import CriService
    from runtimes.core.pod.runtime import PodRuntime

Service = TypeVar("Service", bound="CriService | PodRuntime")


def unnoted(service: Service) -> Service:
    return service


@dataclass(frozen=True, slots=True)
class Opening:
    """What to open; fields as of `runtimes.contract.bench.Run`."""

    subject: Subject
    run_id: str
    folder: Path
    note: Callable[[Service], Service] = unnoted


@contextmanager
def opened_pods(opening: Opening) -> Iterator[PodRun]:
    """Yield a run; the runtime is closed at the end."""
    subject, run_id, folder = opening.subject, opening.run_id, opening.folder
    if subject.open_pods is not None:
        with opening.note(subject.open_pods()) as runtime:
            yield PodRun(run_id, subject, runtime, folder, partial(_image, subject, runtime))
        return
    service = opening.note(subject.open())
    config = KubeletConfig(root=folder / "kubelet", log_root=folder / "logs", cgroup_root=run_id)
    with GenericRuntime(service, name=subject.name, config=config) as generic:
        sandboxes = Run(run_id, subject, service, folder)
        yield PodRun(run_id, subject, generic, folder, lambda: sandboxes.image)


def _image(subject: Subject, runtime: PodRuntime) -> str:
    if known := subject.image or (BUSYBOX if runtime.image_ref(BUSYBOX) else ""):
        return known
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image.tar")
        path.write_bytes(busybox().archive())
        return runtime.import_image(path)[0]
