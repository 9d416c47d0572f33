"""What an Engine says of itself, asked at most once a minute.

Source: kubelet 1.22 dockershim/docker_service.go (versionCacheTTL).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from runtimes.core import deadline
from runtimes.core.cgroup import layout
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.clamp import host_grants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import Info, Version
    from runtimes.core.host.clamp import Grants

Answer = TypeVar("Answer")
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
        self._info = _Kept("ask how the Engine is set up", docker.info)
        self._version = _Kept("ask for the Engine's version", docker.version)

    def info(self) -> Info:
        return self._info.get()

    def version(self) -> Version:
        return self._version.get()

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


class _Kept(Generic[Answer]):
    """An answer that is asked for when it is too old, by one caller at a time."""

    def __init__(self, what: str, ask: Callable[[], Answer]) -> None:
        self._what = what
        self._ask = ask
        self._lock = threading.Lock()
        self._known: tuple[float, Answer] | None = None

    def get(self) -> Answer:
        known = self._fresh()
        if known is None:
            with deadline.holding(self._lock, self._what):
                known = self._fresh()
                if known is None:
                    known = self._known = (time.monotonic(), self._ask())
        return known[1]

    def _fresh(self) -> tuple[float, Answer] | None:
        known = self._known
        return known if known is not None and time.monotonic() - known[0] <= TTL else None
