"""One node for the tests of a file."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.cgroups import remove_group
from runtimes.contract.testimage.busybox import PAUSE
from runtimes.docker_legacy.backend import PodOptions, backend
from runtimes.docker_legacy.pod.manager import DockerManager
from runtimes.docker_legacy.tests.pod.pods import Node
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.node import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession


@pytest.fixture(scope="module")
def node(
    runtimes_engines: EngineSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("node")
    config = KubeletConfig(
        root=folder / "kubelet",
        log_root=folder / "logs",
        log_links=folder / "links",
        cluster_dns=("10.96.0.10",),
        host_ip="192.0.2.7",
        cgroup_root=f"rtd{secrets.token_hex(3)}",
    )
    host = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"]
    with backend.open(PodOptions(host=host, infra_image=PAUSE)) as manager:
        assert isinstance(manager, DockerManager)
        node = Node(manager, config)
        manager.settle(config, Surroundings(is_removed=node.removed.__contains__))
        yield node
    remove_group(config.cgroup_root)
