"""What the entry point `oci` of the group `runtimes.cri` names: cheap to import."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.capability import Capability
from runtimes.oci.options import OciOptions

if TYPE_CHECKING:
    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.service import OciService

CAPABILITIES = frozenset(
    {
        Capability.EXEC_SYNC,
        Capability.EXEC_STREAM,
        Capability.ATTACH,
        Capability.PORT_FORWARD,
        Capability.LOGS_REOPEN,
        Capability.CONTAINER_STATS,
        Capability.SANDBOX_STATS,
        Capability.METRICS,
        Capability.EVENTS,
        Capability.LIST_STREAMS,
        Capability.CONTAINER_UPDATE,
        Capability.SANDBOX_UPDATE,
        Capability.RUNTIME_CONFIG,
        Capability.RUNTIME_HANDLERS,
        Capability.IMAGE_PULL,
        Capability.IMAGE_REMOVE,
        Capability.IMAGE_FS_INFO,
        Capability.IMAGE_IMPORT,
        Capability.IMAGE_VOLUMES,
        Capability.MOUNT_PROPAGATION,
        Capability.MOUNT_RECURSIVE_READ_ONLY,
        Capability.PORT_MAPPINGS,
        Capability.SYSCTLS,
        Capability.POD_PID_NAMESPACE,
        Capability.SECCOMP,
        Capability.DEVICES,
        Capability.RESOURCES,
        Capability.RECOVERY,
    }
)

_ROOT_ONLY = Probe(
    ProbeState.UNUSABLE,
    "this version runs as root only",
    "run it as root, e.g. with sudo",
)


@dataclass(frozen=True, slots=True)
class OciBackend:
    """The embedded backend."""

    name: str = "oci"
    kind: Kind = Kind.CRI
    era: str = "4: no daemon at all"
    summary: str = "crun or runc driven in process: no daemon"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return CAPABILITIES

    @property
    def options(self) -> type:
        return OciOptions

    def probe(self, options: object = None) -> Probe:
        """Look for root, the programs and cgroups; a few milliseconds, nothing is changed."""
        if os.geteuid() != 0:
            return _ROOT_ONLY
        try:
            return _probe(_as_options(options))
        except errors.InvalidArgument as error:
            return Probe(ProbeState.UNUSABLE, str(error), "correct that option")
        except (errors.Error, OSError) as error:
            return Probe(ProbeState.UNUSABLE, str(error), "see the message")

    def open(self, options: object = None) -> OciService:
        """Open the service.

        Raises:
            BackendUnavailable: with the probe's reason and remedy.
        """
        probe = self.probe(options)
        if not probe.usable:
            raise errors.BackendUnavailable(
                f"open backend '{self.name}': {probe.reason}; {probe.remedy}"
            )
        from runtimes.oci.service import OciService

        return OciService(_as_options(options))


def _as_options(options: object) -> OciOptions:
    if options is None:
        return OciOptions()
    if isinstance(options, OciOptions):
        return options
    raise errors.InvalidArgument(
        f"open backend 'oci': its options are an OciOptions, not a {type(options).__name__}"
    )


def _probe(options: OciOptions) -> Probe:
    from runtimes.oci.host.facts import host_facts
    from runtimes.oci.monitor.choose import choose as choose_monitor
    from runtimes.oci.runtime.driver import choose as choose_runtime

    facts = host_facts()
    _check_network(options)
    try:
        runtime = choose_runtime(options.runtime, facts, options.resolved_run_root())
        monitor = choose_monitor(options.monitor, facts)
    except errors.BackendUnavailable as error:
        reason = str(error).removeprefix("open backend 'oci': ")
        return Probe(ProbeState.UNUSABLE, reason, "apt-get install crun conmon")
    if "CAP_SYS_ADMIN" not in facts.capabilities:
        return Probe(
            ProbeState.UNUSABLE,
            "this process lacks CAP_SYS_ADMIN, so it can't make namespaces and mounts",
            "run outside of the container, or in a privileged one",
        )
    reason = f"{runtime.name}, monitor {monitor.name}, cgroup {facts.cgroup.version}"
    return Probe(ProbeState.USABLE, reason, warnings=_warnings(facts, monitor.name))


def _check_network(options: OciOptions) -> None:
    """Look at the network's options where any was set: loading what knows them takes a while.

    Raises:
        InvalidArgument: a bridge's name or a subnet that can't work.
    """
    usual = OciOptions()
    names = ("bridge", "subnet", "subnet6")
    if any(getattr(options, name) != getattr(usual, name) for name in names):
        from runtimes.oci.sandbox import network
        from runtimes.oci.state.paths import Paths

        network.choose(options, Paths(options.resolved_root(), options.resolved_run_root()))


def _warnings(facts: HostFacts, monitor: str) -> tuple[str, ...]:
    from runtimes.oci.host.clamp import losses

    found = list(losses(facts))
    if monitor == "python":
        found.append("conmon is not installed: the Python monitor costs 9 MB a container")
    if not facts.overlay:
        found.append("no overlayfs: layers are copied for every container")
    return tuple(found)


backend = OciBackend()
