"""The probe: what answers at an endpoint, within a moment and without docker-py."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.backend import Probe, ProbeState
from runtimes.docker_legacy import api_version
from runtimes.docker_legacy.call import Answer
from runtimes.docker_legacy.wire.connection import Connection
from runtimes.docker_legacy.wire.request import VERSION, begin

if TYPE_CHECKING:
    from runtimes.docker_legacy.endpoint import Endpoint

PATIENCE = 0.8
"""Seconds for one backend among others that are looked at."""
OPENING = 10.0
"""Seconds for the one that is opened: Podman asks a package manager for its version."""
_PODMAN = "Podman Engine"


def look(endpoint: Endpoint, patience: float = PATIENCE) -> Probe:
    """Ask for the version, for so many seconds; never raises."""
    if importlib.util.find_spec("docker") is None:
        return _unusable("docker-py isn't installed", "pip install 'docker>=7.2'")
    try:
        with deadline.within(patience):
            return _judge(endpoint, _version(endpoint, patience))
    except errors.Error as error:
        return _unusable(
            str(error), "start dockerd, or give another host: --option host=unix:///..."
        )


def _version(endpoint: Endpoint, patience: float) -> dict[str, object]:
    connection = Connection(endpoint, patience)
    with begin(connection, VERSION) as incoming:
        answer = Answer(incoming.head.status, incoming.read_all()).json(VERSION)
    if not isinstance(answer, dict):
        raise errors.Internal(f"{VERSION.what}: {endpoint} answers {answer!r}")
    return answer


def _judge(endpoint: Endpoint, said: dict[str, object]) -> Probe:
    chosen = api_version.choose(str(said.get("ApiVersion")), str(said.get("MinAPIVersion") or ""))
    name = _PODMAN if _is_podman(said) else "Docker Engine"
    warnings = (
        ("Podman's compatible API differs from Docker's in some errors",) if name == _PODMAN else ()
    )
    return Probe(
        ProbeState.USABLE,
        f"{name} {said.get('Version')}, API {chosen}, at {endpoint}",
        warnings=warnings,
    )


def _is_podman(said: dict[str, object]) -> bool:
    parts = said.get("Components")
    return isinstance(parts, list) and any(
        isinstance(part, dict) and part.get("Name") == _PODMAN for part in parts
    )


def _unusable(reason: str, remedy: str) -> Probe:
    return Probe(ProbeState.UNUSABLE, reason, remedy)
