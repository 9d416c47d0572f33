"""What `runtimes.pod` finds under `rkt`, and `runtimes.cri` under `rktshim`."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.capability import Capability
from runtimes.rkt_stub.launch.choose import Launching

if TYPE_CHECKING:
    from runtimes.core.backend import Backend
    from runtimes.core.cri.services import CriService
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.service import RktShim

POD_CAPABILITIES = frozenset(
    {
        Capability.EXEC_SYNC,
        Capability.EXEC_STREAM,
        Capability.PORT_FORWARD,
        Capability.IMAGE_PULL,
        Capability.IMAGE_REMOVE,
        Capability.PORT_MAPPINGS,
        Capability.POD_PID_NAMESPACE,
        Capability.RECOVERY,
    }
)

CRI_CAPABILITIES = POD_CAPABILITIES | {Capability.LIST_STREAMS, Capability.IMAGE_FS_INFO}


@dataclass(frozen=True, slots=True)
class RktOptions:
    """Attributes:
    program: name or path of rkt.
    dir: where rkt has its images and pods; None for rkt's own ``/var/lib/rkt``.
    local_config: folder of ``net.d`` and ``auth.d``; None for rkt's own ``/etc/rkt``.
    insecure_options: checks that rkt leaves out, comma-separated: images of registries have no
        signatures, so ``image`` is needed; ``http`` is for registries without TLS.
    net: rkt's network for pods that don't use the node's.
    launcher: who keeps pods: ``systemd`` as units, ``session`` in a session of their own.
    """

    program: str = "rkt"
    dir: Path | None = None
    local_config: Path | None = None
    insecure_options: str = "image"
    net: str = "default"
    launcher: Launching = Launching.AUTO


@dataclass(frozen=True, slots=True)
class PodBackend:
    """Pods that are prepared and run as a whole, as kubelet 1.1 to 1.10 ran them."""

    name: str = "rkt"
    kind: Kind = Kind.POD
    era: str = "1: before the CRI"
    summary: str = "Pods on the rkt program (ended 2020)"
    capabilities: frozenset[Capability] = POD_CAPABILITIES
    options: type = RktOptions

    def probe(self, options: object = None) -> Probe:
        from runtimes.rkt_stub.program import features

        return _probe(options, features.PODS)

    def open(self, options: object = None) -> PodRuntime:
        """Open it; nothing is started.

        Raises:
            BackendUnavailable: no rkt, or one that lacks what this needs.
            InvalidArgument: these are another backend's options.
        """
        chosen = _chosen(options)
        _must_be_usable(self.name, self.probe(chosen))
        from runtimes.rkt_stub.images.store import ImageStore
        from runtimes.rkt_stub.launch.choose import choose
        from runtimes.rkt_stub.pod.node import RktNode
        from runtimes.rkt_stub.pod.runtime import RktPods

        rkt = rkt_of(chosen)
        launcher = choose(chosen.launcher)
        return RktPods(RktNode(rkt=rkt, images=ImageStore(rkt), launcher=launcher, net=chosen.net))


@dataclass(frozen=True, slots=True)
class ShimOptions(RktOptions):
    """Attributes:
    root: records of sandboxes and containers, and what belongs to rkt's processes.
    """

    root: Path = Path("/var/lib/runtimes/rktshim")


@dataclass(frozen=True, slots=True)
class ShimBackend:
    """What Kubernetes' rktshim was to become: the CRI, each pod an `rkt app sandbox`."""

    name: str = "rktshim"
    kind: Kind = Kind.CRI
    era: str = "2: the CRI on rkt"
    summary: str = "The CRI over rkt app (ended 2020)"
    capabilities: frozenset[Capability] = CRI_CAPABILITIES
    options: type = ShimOptions

    def probe(self, options: object = None) -> Probe:
        from runtimes.rkt_stub.program import features

        return _probe(options, features.APPS)

    def open(self, options: object = None) -> RktShim:
        """Open it; nothing is started. Errors as of `PodBackend.open`."""
        chosen = ShimOptions() if options is None else options
        if not isinstance(chosen, ShimOptions):
            raise errors.InvalidArgument(f"open backend 'rktshim': {chosen!r} aren't its options")
        _must_be_usable(self.name, self.probe(chosen))
        from runtimes.rkt_stub.images.accounts import AccountCache
        from runtimes.rkt_stub.images.store import ImageStore
        from runtimes.rkt_stub.launch.choose import choose
        from runtimes.rkt_stub.service import RktShim
        from runtimes.rkt_stub.shim.engine import ShimEngine

        rkt = rkt_of(chosen)
        return RktShim(
            ShimEngine(
                rkt=rkt,
                images=ImageStore(rkt),
                accounts=AccountCache(rkt),
                launcher=choose(chosen.launcher),
                root=chosen.root,
                net=chosen.net,
            )
        )


def rkt_of(options: RktOptions) -> Rkt:
    from runtimes.rkt_stub.program.rkt import Rkt

    checks = tuple(check for check in options.insecure_options.split(",") if check)
    return Rkt(
        program=options.program,
        dir=options.dir,
        local_config=options.local_config,
        insecure=checks,
    )


def _chosen(options: object) -> RktOptions:
    chosen = RktOptions() if options is None else options
    if not isinstance(chosen, RktOptions):
        raise errors.InvalidArgument(f"open a backend on rkt: {chosen!r} aren't its options")
    return chosen


def _must_be_usable(name: str, probe: Probe) -> None:
    if not probe.usable:
        raise errors.BackendUnavailable(f"open backend '{name}': {probe.reason}; {probe.remedy}")


def _probe(options: object, needs: dict[tuple[str, ...], tuple[str, ...]]) -> Probe:
    """Ask the program itself what it can."""
    from runtimes.rkt_stub.program import features
    from runtimes.rkt_stub.program.version import version

    try:
        rkt = rkt_of(_chosen(options))
        if shutil.which(rkt.program) is None:
            reason = f"no program {rkt.program}; rkt ended in 2020 and no distribution has it"
            return Probe(ProbeState.UNUSABLE, reason, "build rkt 1.30, or use another backend")
        if os.geteuid() != 0:
            return Probe(ProbeState.UNUSABLE, "rkt runs pods as root only", "run it as root")
        lacks = features.missing(rkt, needs)
        if lacks:
            reason = f"this rkt lacks {', '.join(lacks)}"
            return Probe(ProbeState.UNUSABLE, reason, "build rkt 1.30")
        return Probe(ProbeState.USABLE, f"rkt {version(rkt)}", warnings=_WARNINGS)
    except errors.Error as error:
        return Probe(ProbeState.UNUSABLE, str(error), "see the message")


_WARNINGS = ("rkt ended in 2020: nobody mends it; for history and study only",)
backend = PodBackend()
shim = ShimBackend()

if TYPE_CHECKING:
    _: Backend[PodRuntime] = backend
    _shim: Backend[CriService] = shim
