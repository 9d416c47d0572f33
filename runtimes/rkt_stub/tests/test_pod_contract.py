"""The profile `pod` on rkt pods, which are prepared and run as a whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.pod import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Subject
from runtimes.contract.traces import mounts_below, processes_naming
from runtimes.core import configure, discovery, errors
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.opening import pod_runtime
from runtimes.rkt_stub.tests.world import World, words_of

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService
    from runtimes.core.pod.runtime import PodRuntime

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]


@pytest.fixture(scope="session")
def contract_subject(usable_world: World) -> Subject:
    backend = discovery.load("rkt")
    options: object = configure.fill(backend.options, words_of(usable_world))
    root = usable_world.folder / "kubelet"
    node = KubeletConfig(root=root, log_root=root / "logs", host_ip="127.0.0.1")
    return Subject(
        name="rkt",
        open=_no_cri,
        open_pods=partial(opened_pods, options, node),
        claims=backend.capabilities,
        image=usable_world.image,
        registry=usable_world.image.partition("/")[0],
        traces=lambda: (
            mounts_below(usable_world.folder) | processes_naming(str(usable_world.folder))
        ),
    )


def opened_pods(options: object, node: KubeletConfig) -> PodRuntime:
    """A function, for other processes to call too."""
    backend = discovery.load("rkt")
    return pod_runtime(backend, backend.open(options), node)


def _no_cri() -> CriService:
    raise errors.Unimplemented("open backend 'rkt' as a CRI service: it has pods only")
