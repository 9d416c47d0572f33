"""What an Engine says of itself, asked at most once a minute.

Source: kubelet 1.22 dockershim/docker_service.go (versionCacheTTL).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cgroup import layout
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.clamp import host_grants

if TYPE_CHECKING:
    from collections.abc import Collection

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import Info, Version
    from runtimes.core.host.clamp import Grants

TTL = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineHost:
    """What a container can be given.

    Attributes:
        api: version of the Engine's API, as it is spoken.
        security_options: what the Engine's `Info` says it can do.
        grants: what the host lets containers have.
        cgroups: the host's.
    """

    api: tuple[int, int]
    security_options: Collection[str]
    grants: Grants
    cgroups: layout.Layout


class EngineFacts:
    """Thread-safe; every answer may raise `Unavailable` when it has to ask."""

    def __init__(self, docker: DockerInterface) -> None:
        self._docker = docker
        self._lock = threading.Lock()
        self._info: tuple[float, Info] | None = None
        self._version: tuple[float, Version] | None = None

    def info(self) -> Info:
        known = self._info
        if known is None or time.monotonic() - known[0] > TTL:
            with self._lock:
                known = self._info = (time.monotonic(), self._docker.info())
        return known[1]

    def version(self) -> Version:
        known = self._version
        if known is None or time.monotonic() - known[0] > TTL:
            with self._lock:
                known = self._version = (time.monotonic(), self._docker.version())
        return known[1]

    def api(self) -> tuple[int, int]:
        """The version of its API that is spoken with it."""
        major, _, minor = self.version()["ApiVersion"].partition(".")
        return int(major), int(minor)

    def host(self) -> EngineHost:
        """The Engine, and the host that it and this process share."""
        return EngineHost(
            api=self.api(),
            security_options=self.info().get("SecurityOptions") or (),
            grants=host_grants(),
            cgroups=layout.detect(),
        )

    def cgroup_driver(self) -> cri.CgroupDriver.ValueType:
        """An Engine too old to tell uses cgroupfs."""
        return cri.SYSTEMD if self.info().get("CgroupDriver") == "systemd" else cri.CGROUPFS

    def handlers(self) -> tuple[str, ...]:
        """Runtime handlers: the Engine's default one, then its runtimes by name."""
        return ("", "docker", *sorted(self.info().get("Runtimes", {})))
