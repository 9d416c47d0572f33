"""What the entry point `cri` names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runtimes.core import errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.core.backend import Backend
    from runtimes.core.cri.services import CriService
    from runtimes.cri_remote.endpoints import Endpoints

_OURS = frozenset({Capability.IMAGE_IMPORT})


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Attributes:
    endpoint: of the runtime, e.g. ``unix:///run/containerd/containerd.sock``; empty to look in
        ``CONTAINER_RUNTIME_ENDPOINT``, crictl's file and the known places.
    image_endpoint: of the image service, empty for ``IMAGE_SERVICE_ENDPOINT`` or the runtime's.
    crictl_config: the file to look in.
    timeout: seconds, what most calls get when the caller sets no deadline.
    api: which package name to speak; ``auto`` asks the runtime.
    streaming: how exec, attach and port-forward speak; ``auto`` is SPDY. The runtime's
        WebSocket may be unable to end a command's input.
    streaming_ca: certificates that prove an https streaming server; the system's by default.
    streaming_netns: network namespace in which the streaming server listens, such as that of
        a rootless containerd, ``/proc/PID/ns/net``; by default this process's own.
    """

    endpoint: str = ""
    image_endpoint: str = ""
    crictl_config: Path = Path("/etc/crictl.yaml")
    timeout: float = 120.0
    api: Literal["auto", "v1", "v1alpha2"] = "auto"
    streaming: Literal["auto", "spdy", "websocket"] = "auto"
    streaming_ca: Path | None = None
    streaming_netns: Path | None = None


@dataclass(frozen=True, slots=True)
class RemoteBackend:
    """Claims whatever the CRI has; what the runtime behind the socket lacks, that one refuses."""

    name: str = "cri"
    kind: Kind = Kind.CRI
    era: str = "3: remote CRI"
    summary: str = "any CRI socket: containerd, CRI-O, cri-dockerd"
    capabilities: frozenset[Capability] = frozenset(Capability) - _OURS
    options: type = RemoteOptions

    def probe(self, options: object = None) -> Probe:
        try:
            return _probe(_endpoints(_chosen(options)))
        except errors.Error as error:
            return Probe(
                ProbeState.UNUSABLE, str(error), "give an endpoint: --option endpoint=unix:///..."
            )

    def open(self, options: object = None) -> CriService:
        """Connect.

        Raises:
            BackendUnavailable: nothing listens at the endpoint.
            InvalidArgument: the endpoint can't be read, or these are another backend's options.
        """
        chosen = _chosen(options)
        found = _endpoints(chosen)
        probe = _probe(found)
        if not probe.usable:
            raise errors.BackendUnavailable(f"open backend 'cri': {probe.reason}; {probe.remedy}")
        return _connect(found, chosen)


def _chosen(options: object) -> RemoteOptions:
    chosen = RemoteOptions() if options is None else options
    if not isinstance(chosen, RemoteOptions):
        raise errors.InvalidArgument(f"open backend 'cri': {chosen!r} aren't its options")
    return chosen


def _endpoints(options: RemoteOptions) -> Endpoints:
    from runtimes.cri_remote import endpoints

    around = endpoints.Surroundings(os.environ, options.crictl_config)
    return endpoints.find(options.endpoint, options.image_endpoint, around)


def _probe(found: Endpoints) -> Probe:
    from runtimes.cri_remote import endpoints

    for endpoint in dict.fromkeys((found.runtime, found.image)):
        problem = endpoints.problem(endpoint)
        if problem is not None:
            return Probe(
                ProbeState.UNUSABLE,
                f"nothing answers at {endpoint} (from {found.source}): {problem}",
                "start the runtime, or give another endpoint: --option endpoint=unix:///...",
            )
    return Probe(ProbeState.USABLE, f"{found.runtime} answers (from {found.source})")


def _connect(found: Endpoints, options: RemoteOptions) -> CriService:
    from runtimes.cri_remote.service import RemoteCri
    from runtimes.cri_remote.streaming_options import StreamingOptions
    from runtimes.cri_remote.transport import Transport

    streaming = StreamingOptions(options.streaming, options.streaming_ca, options.streaming_netns)
    package = "" if options.api == "auto" else f"runtime.{options.api}"
    runtime = Transport(found.runtime, base_timeout=options.timeout, package=package)
    if found.image == found.runtime:
        return RemoteCri(runtime, runtime, streaming)
    images = Transport(found.image, base_timeout=options.timeout, package=package, images_only=True)
    return RemoteCri(runtime, images, streaming)


backend = RemoteBackend()

if TYPE_CHECKING:
    _: Backend[CriService] = backend
