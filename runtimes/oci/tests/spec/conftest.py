"""Requests for specs on a made-up host, where nothing depends on the machine the tests run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.capabilities import NAMES
from runtimes.oci.host.facts import HostFacts
from runtimes.oci.spec.request import SandboxFacts, SpecRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.oci.image.config import RunDefaults
    from runtimes.oci.spec.schema import Device

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
# a comment:x:5:5::/:
web:x:33:44:web:/srv/web:/bin/false
broken line
nouid:x:abc:1::/:
homeless:x:70:70
huge:x:4294967295:1::/:
"""
GROUP = "root:x:0:\nweb:x:44:\nlogs:x:55:web,other\naudio:x:66:web\nodd\nhuge:x:4294967296:\n"


@dataclass
class FakeFiles:
    """A host with two devices and one shared mount, on /shared."""

    made: list[str] = field(default_factory=list)
    shared: tuple[str, ...] = ("/shared",)
    slaves: tuple[str, ...] = ("/slave",)

    def mount_source(self, path: str) -> Path:
        self.made.append(path)
        return Path("/real" + path if path == "/link" else path)

    def is_propagating(self, path: Path, *, both_ways: bool) -> bool:
        return str(path) in (self.shared if both_ways else self.shared + self.slaves)

    def devices(self, path: str) -> Iterator[Device]:
        if path == "/dev/fuse":
            yield _device("/dev/fuse", "c", 10, 229)
        if path == "/dev/snd":
            yield _device("/dev/snd/timer", "c", 116, 33)
            yield _device("/dev/snd/by-path/x", "c", 116, 2)

    def all_devices(self) -> Iterable[Device]:
        return [_device("/dev/fuse", "c", 10, 229), _device("/dev/vda", "b", 254, 0)]


def _device(path: str, kind: str, major: int, minor: int) -> Device:
    return {"path": path, "type": kind, "major": major, "minor": minor}


def layout(version: Version = Version.V1, *, swap_root: Path | None = None) -> Layout:
    names = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")
    root = swap_root or Path("/nowhere")
    if version is Version.V2:
        return Layout(version, {}, root, frozenset({"cpu", "cpuset", "memory", "pids"}), {"": "/"})
    return Layout(version, {name: root / name for name in names}, None, frozenset(), {})


@pytest.fixture
def host() -> HostFacts:
    return HostFacts(
        kernel=(6, 1),
        kernel_release="6.1.0",
        machine="x86_64",
        uid=0,
        in_user_namespace=False,
        capabilities=frozenset(NAMES),
        bounding=frozenset(NAMES),
        oom_score_adj_floor=-1000,
        rlimits={"RLIMIT_NOFILE": -1},
        can_raise_rlimits=True,
        cgroup=layout(),
    )


class MakeRequest(Protocol):
    def __call__(
        self,
        config: cri.ContainerConfig | None = None,
        *,
        image: RunDefaults | None = None,
        **changes: object,
    ) -> SpecRequest: ...


@pytest.fixture
def make(host: HostFacts) -> MakeRequest:
    """Build a request; without a config, one that runs /bin/true with a plain security context."""

    def request(
        config: cri.ContainerConfig | None = None,
        *,
        image: RunDefaults | None = None,
        **changes: object,
    ) -> SpecRequest:
        texts = {"/etc/passwd": PASSWD, "/etc/group": GROUP}
        plain: dict[str, object] = {
            "container_id": "c1",
            "config": with_context() if config is None else config,
            "sandbox_config": cri.PodSandboxConfig(),
            "image": {} if image is None else image,
            "rootfs": Path("/rootfs"),
            "read": texts.get,
            "files": FakeFiles(),
            "sandbox": SandboxFacts(
                id="s1",
                cgroup="/runtimes/pods1",
                namespaces={kind: Path(f"/run/ns/{kind}") for kind in ("network", "ipc", "uts")},
            ),
            "host": host,
        }
        return SpecRequest(**(plain | changes))  # type: ignore[arg-type]  # by name

    return request


def with_context(**security: object) -> cri.ContainerConfig:
    """A config with a security context: its own pid namespace and these further fields."""
    context = cri.LinuxContainerSecurityContext(**security)  # type: ignore[arg-type]  # by name
    if not context.HasField("namespace_options"):
        context.namespace_options.pid = cri.NamespaceMode.CONTAINER
    return cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="app"),
        image=cri.ImageSpec(image="img"),
        command=["/bin/true"],
        linux=cri.LinuxContainerConfig(security_context=context),
    )
