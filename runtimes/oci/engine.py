"""What every RPC works with. The parts are made when first used: a list needs no network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.core.state.boot import boot_id
from runtimes.core.state.store import Store
from runtimes.oci.state.paths import Paths
from runtimes.oci.state.record import ContainerRecord, SandboxRecord

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cni.network import PodNetwork
    from runtimes.core.cgroup.layout import Layout
    from runtimes.core.host.usage import UsageCache
    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.image.store import ImageStore
    from runtimes.oci.monitor.monitor import Monitor
    from runtimes.oci.options import OciOptions
    from runtimes.oci.registry.options import RegistryOptions
    from runtimes.oci.runtime.driver import Runtime


@dataclass(frozen=True)
class Engine:
    """One root directory, and the programs that work on it. Thread-safe."""

    options: OciOptions

    @cached_property
    def paths(self) -> Paths:
        return Paths(self.options.resolved_root(), self.options.resolved_run_root())

    @cached_property
    def sandboxes(self) -> Store[SandboxRecord]:
        return Store(self.paths.root, SandboxRecord)

    @cached_property
    def containers(self) -> Store[ContainerRecord]:
        return Store(self.paths.root, ContainerRecord)

    @cached_property
    def boot_id(self) -> str:
        return boot_id()

    @property
    def facts(self) -> HostFacts:
        from runtimes.oci.host.facts import host_facts

        return host_facts()

    @property
    def cgroups(self) -> Layout:
        return self.facts.cgroup

    @cached_property
    def runtime(self) -> Runtime:
        from runtimes.oci.runtime import driver

        return driver.choose(self.options.runtime, self.facts, self.paths.runtime_root)

    def runtime_of(self, record: ContainerRecord) -> Runtime:
        """The runtime that created a container."""
        from runtimes.oci.runtime import driver

        return driver.same(self.runtime, record.runtime, self.facts)

    @cached_property
    def monitor(self) -> Monitor:
        from runtimes.oci.monitor.choose import choose

        return choose(self.options.monitor, self.facts)

    @cached_property
    def images(self) -> ImageStore:
        from runtimes.oci.image.store import ImageStore

        return ImageStore(self.paths.root / "images", self._layers_in_use)

    @cached_property
    def registries(self) -> RegistryOptions:
        from runtimes.oci.registry.options import RegistryOptions

        return RegistryOptions(
            insecure=self.options.insecure_registries,
            ca_file=self.options.registry_ca_file,
            docker_config=self.options.docker_config,
        )

    def _layers_in_use(self) -> set[Path]:
        from runtimes.oci.container import image_volumes
        from runtimes.oci.snapshot.record import layers_in_use

        folders = [self.containers.folder(each) for each in self.containers.ids()]
        volumes = [volume for folder in folders for volume in image_volumes.folders(folder)]
        return layers_in_use([*folders, *volumes])

    @cached_property
    def network(self) -> PodNetwork:
        from runtimes.oci.sandbox.network import choose

        return choose(self.options, self.paths)

    @cached_property
    def layer_usage(self) -> UsageCache:
        from runtimes.core.host.usage import UsageCache

        return UsageCache()

    def containers_of(self, sandbox_id: str) -> list[ContainerRecord]:
        """The containers of one sandbox, oldest first."""
        return self.containers.all(lambda record: record.sandbox_id == sandbox_id)

    def prepare(self) -> None:
        """Make the folders."""
        self.paths.prepare()
        self.sandboxes.prepare()
        self.containers.prepare()
