"""What `runtimes.docker` and `runtimes.pod` find under the name `docker`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runtimes.core import errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.capability import Capability
from runtimes.core.hops import Layer, observed

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.backend import Backend
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.docker_legacy.endpoint import Endpoint

ERA = "1: before the CRI"
CAPABILITIES = frozenset(
    {
        Capability.EXEC_SYNC,
        Capability.CONTAINER_STATS,
        Capability.EXEC_STREAM,
        Capability.ATTACH,
        Capability.PORT_FORWARD,
        Capability.EVENTS,
        Capability.IMAGE_PULL,
        Capability.IMAGE_REMOVE,
        Capability.IMAGE_FS_INFO,
        Capability.IMAGE_IMPORT,
        Capability.PORT_MAPPINGS,
        Capability.SYSCTLS,
        Capability.POD_PID_NAMESPACE,
        Capability.MOUNT_PROPAGATION,
        Capability.SECCOMP,
        Capability.RESOURCES,
        Capability.RECOVERY,
    }
)


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Attributes:
    host: ``unix:///path`` or ``tcp://host:port``; empty for ``DOCKER_HOST`` or the usual socket.
    timeout: seconds, what a short call gets when the caller sets no deadline.
    pull_stuck_after: seconds after which a pull that makes no progress is given up.
    tls: TLS on tcp://, which the three files below imply.
    tls_ca: PEM file of whom to trust; None for the system's authorities.
    tls_cert: PEM file of the client's certificate.
    tls_key: PEM file of its key.
    """

    host: str = ""
    timeout: float = 120.0
    pull_stuck_after: float = 60.0
    tls: bool = False
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass(frozen=True, slots=True)
class EngineBackend:
    """Claims nothing: capabilities are about the CRI; these twenty calls have no optional ones."""

    name: str = "docker"
    kind: Kind = Kind.DOCKER
    era: str = ERA
    summary: str = "Docker Engine as kubelet's DockerInterface"
    capabilities: frozenset[Capability] = frozenset()
    options: type = EngineOptions

    def probe(self, options: object = None) -> Probe:
        try:
            endpoint = _endpoint(_chosen(options))
        except errors.Error as error:
            return Probe(ProbeState.UNUSABLE, str(error), "give a host: --option host=unix:///...")
        from runtimes.docker_legacy.look import look

        return look(endpoint)

    def open(self, options: object = None) -> DockerInterface:
        """Connect.

        Raises:
            BackendUnavailable: nothing listens there, or docker-py isn't installed.
            InvalidArgument: the host can't be read, or these are another backend's options.
        """
        from runtimes.docker_legacy.look import OPENING, look

        chosen = _chosen(options)
        endpoint = _endpoint(chosen)
        probe = look(endpoint, OPENING)
        if not probe.usable:
            raise errors.BackendUnavailable(
                f"open backend 'docker': {probe.reason}; {probe.remedy}"
            )
        from runtimes.docker_legacy.client import DockerClient

        return DockerClient(
            endpoint, base_timeout=chosen.timeout, stuck_after=chosen.pull_stuck_after
        )


@dataclass(frozen=True, slots=True)
class PodOptions(EngineOptions):
    """Attributes:
    infra_image: of the container that holds a pod's namespaces; pulled when it isn't here.
    rules: whose decisions pods follow: kubelet 1.22's, as on all other backends; or the era's own,
        which don't count for pods with sidecars, startup probes or ephemeral containers.
    exec_handler: how commands get into containers: by the Engine's own exec, or by nsenter, which
        needs root and the Engine's processes on this host.
    """

    infra_image: str = "registry.k8s.io/pause:3.9"
    rules: Literal["1.4", "1.22"] = "1.22"
    exec_handler: Literal["native", "nsenter"] = "native"


@dataclass(frozen=True, slots=True)
class PodBackend:
    """Pods without any CRI, as the first kubelets ran them."""

    name: str = "docker"
    kind: Kind = Kind.POD
    era: str = ERA
    summary: str = "Pods straight on Docker Engine"
    capabilities: frozenset[Capability] = CAPABILITIES
    options: type = PodOptions

    def probe(self, options: object = None) -> Probe:
        return engine.probe(options)

    def open(self, options: object = None) -> PodRuntime:
        """Connect; errors as of `EngineBackend.open`."""
        chosen = PodOptions() if options is None else options
        if not isinstance(chosen, PodOptions):
            raise errors.InvalidArgument(f"open backend 'docker': {chosen!r} aren't its options")
        from runtimes.docker_legacy.pod.manager import DockerManager
        from runtimes.docker_legacy.pod.node import DockerNode
        from runtimes.docker_legacy.pod.rules import RULES

        docker = observed(engine.open(chosen), Layer.DOCKER)
        node = DockerNode(
            docker=docker,
            infra_image=chosen.infra_image,
            decide=RULES[chosen.rules],
            by_nsenter=chosen.exec_handler == "nsenter",
        )
        return DockerManager(node)


def _chosen(options: object) -> EngineOptions:
    chosen = EngineOptions() if options is None else options
    if not isinstance(chosen, EngineOptions):
        raise errors.InvalidArgument(f"open backend 'docker': {chosen!r} aren't its options")
    return chosen


def _endpoint(options: EngineOptions) -> Endpoint:
    from runtimes.docker_legacy import endpoint

    if bool(options.tls_cert) != bool(options.tls_key):
        raise errors.InvalidArgument(
            "open backend 'docker': tls_cert and tls_key belong together; give both"
        )
    wanted = options.tls or options.tls_ca or options.tls_cert
    files = endpoint.TlsFiles(options.tls_ca, options.tls_cert, options.tls_key)
    return endpoint.find(options.host, files if wanted else None, os.environ)


engine = EngineBackend()
backend = PodBackend()

if TYPE_CHECKING:
    _: Backend[DockerInterface] = engine
    _pods: Backend[PodRuntime] = backend
