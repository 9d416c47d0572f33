from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.client import connect
from runtimes.client.tests.host_process import HostBackend
from runtimes.core.configure import Config
from runtimes.kubelet.config import KubeletConfig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.client import Container, Runtime


@pytest.fixture
def node(tmp_path: Path) -> KubeletConfig:
    return KubeletConfig(root=tmp_path / "kubelet", log_root=tmp_path / "logs", host_ip="192.0.2.1")


@pytest.fixture
def runtime(node: KubeletConfig) -> Iterator[Runtime]:
    with connect("fake", config=Config(), kubelet=node) as opened:
        opened.pull("busybox")
        yield opened


@pytest.fixture
def container(node: KubeletConfig) -> Iterator[Container]:
    """A container whose streams are those of processes on this host."""
    with connect(HostBackend(), config=Config(), kubelet=node) as opened:
        opened.pull("busybox")
        yield opened.run("busybox", ["sleep", "600"]).container()
