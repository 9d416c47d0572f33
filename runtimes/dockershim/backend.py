"""What the entry point `dockershim` of the group `runtimes.cri` names: cheap to import."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.capability import Capability
from runtimes.core.hops import Layer, observed
from runtimes.dockershim.options import DockershimOptions

if TYPE_CHECKING:
    from typing import Any

    from runtimes.core.backend import Backend
    from runtimes.dockershim.service import DockershimService

CAPABILITIES: frozenset[Capability] = frozenset(
    {
        Capability.RUNTIME_CONFIG,
        Capability.RUNTIME_UPDATE,
        Capability.RUNTIME_HANDLERS,
        Capability.EVENTS,
        Capability.PORT_MAPPINGS,
        Capability.SANDBOX_UPDATE,
        Capability.SYSCTLS,
        Capability.POD_PID_NAMESPACE,
        Capability.EXEC_SYNC,
        Capability.EXEC_STREAM,
        Capability.ATTACH,
        Capability.PORT_FORWARD,
        Capability.LOGS_REOPEN,
        Capability.CONTAINER_STATS,
        Capability.SANDBOX_STATS,
        Capability.METRICS,
        Capability.LIST_STREAMS,
        Capability.CONTAINER_UPDATE,
        Capability.IMAGE_PULL,
        Capability.IMAGE_REMOVE,
        Capability.IMAGE_FS_INFO,
        Capability.IMAGE_IMPORT,
        Capability.IMAGE_VOLUMES,
        Capability.MOUNT_PROPAGATION,
        Capability.SECCOMP,
        Capability.DEVICES,
        Capability.RESOURCES,
        Capability.RECOVERY,
    }
)


@dataclass(frozen=True, slots=True)
class DockershimBackend:
    """The CRI on whatever implements DockerInterface."""

    name: str = "dockershim"
    kind: Kind = Kind.CRI
    era: str = "2: the CRI on Docker"
    summary: str = "Docker Engine behind the CRI"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return CAPABILITIES

    @property
    def options(self) -> type:
        return DockershimOptions

    def probe(self, options: object = None) -> Probe:
        """Ask the Engine's plugin, which asks the Engine; nothing is changed."""
        try:
            chosen = _chosen(options)
            plugin, settings = _plugin(chosen)
            found = plugin.probe(settings)
        except errors.Error as error:
            return Probe(ProbeState.UNUSABLE, str(error), "see the message")
        if not found.usable:
            return found
        return replace(found, warnings=(*found.warnings, *_losses()))

    def open(self, options: object = None) -> DockershimService:
        """Open the service.

        Raises:
            BackendUnavailable: no such plugin, or its reason why it can't be opened.
        """
        chosen = _chosen(options)
        plugin, settings = _plugin(chosen)
        from runtimes.dockershim.service import DockershimService

        return DockershimService(chosen, observed(plugin.open(settings), Layer.DOCKER))


def _chosen(options: object) -> DockershimOptions:
    chosen = DockershimOptions() if options is None else options
    if not isinstance(chosen, DockershimOptions):
        raise errors.InvalidArgument(
            "open backend 'dockershim': its options are a DockershimOptions, not a "
            f"{type(chosen).__name__}"
        )
    return chosen


def _plugin(options: DockershimOptions) -> tuple[Backend[Any], object]:
    """The Engine's plugin by its name, and its options."""
    from runtimes.core import configure, discovery

    plugin = discovery.load(options.engine, [Kind.DOCKER])
    words = dict(options.engine_options)
    if options.host:
        words["host"] = options.host
    settings: object = configure.fill(plugin.options, words)
    return plugin, settings


def _losses() -> tuple[str, ...]:
    """What this host grants only in part."""
    from runtimes.core.host.clamp import host_grants

    floor = host_grants().oom_score_adj_floor
    if floor <= -1000:
        return ()
    return (f"no CAP_SYS_RESOURCE: oom_score_adj is kept at {floor} or above",)


backend = DockershimBackend()
