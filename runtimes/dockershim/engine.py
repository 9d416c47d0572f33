"""What every RPC works with. The parts are made when first used."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.core.docker.facts import EngineFacts
from runtimes.core.docker.processes import ProcessFinder
from runtimes.core.state.boot import boot_id
from runtimes.dockershim.cache.containers import ContainerCache
from runtimes.dockershim.networks import Networks
from runtimes.dockershim.state.failed import FailedStarts
from runtimes.dockershim.state.paths import Paths
from runtimes.dockershim.state.sandboxes import Sandboxes

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.host.usage import UsageCache
    from runtimes.dockershim.container.list import Lines
    from runtimes.dockershim.options import DockershimOptions


@dataclass(frozen=True)
class Engine:
    """One Docker Engine and one root directory. Thread-safe.

    Attributes:
        clock: nanoseconds since the epoch.
    """

    options: DockershimOptions
    docker: DockerInterface
    clock: Callable[[], int] = field(default=time.time_ns)

    @cached_property
    def paths(self) -> Paths:
        return Paths(self.options.resolved_root(), self.options.resolved_run_root())

    @cached_property
    def sandboxes(self) -> Sandboxes:
        return Sandboxes(self.paths.root)

    @cached_property
    def failed(self) -> FailedStarts:
        return FailedStarts(self.paths.failed)

    @cached_property
    def cache(self) -> ContainerCache:
        return ContainerCache(self.docker, self.options.relist_period)

    @cached_property
    def lines(self) -> Lines:
        from runtimes.dockershim.container.list import Lines

        return Lines()

    @cached_property
    def facts(self) -> EngineFacts:
        return EngineFacts(self.docker)

    @cached_property
    def boot_id(self) -> str:
        return boot_id()

    @cached_property
    def processes(self) -> ProcessFinder:
        return ProcessFinder()

    @cached_property
    def networks(self) -> Networks:
        return Networks(self.options, self.paths)

    @cached_property
    def usage(self) -> UsageCache:
        """What folders take on disk, measured now and then."""
        from runtimes.core.host.usage import UsageCache

        return UsageCache()

    def prepare(self) -> None:
        """Make the folders."""
        self.paths.prepare()
        self.sandboxes.prepare()

    def close(self) -> None:
        """Stop watching, and let the connections go; containers go on."""
        self.cache.close()
        self.docker.close()
