"""Which profile a container gets, and in which forms its runtime receives it."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.seccomp.bpf import Unsupported
from runtimes.oci.seccomp.cache import compiled
from runtimes.oci.seccomp.load import load
from runtimes.oci.seccomp.profile import fit
from runtimes.oci.seccomp.table import default_profile

if TYPE_CHECKING:
    from runtimes.oci.host.programs import Program
    from runtimes.oci.seccomp.profile import Profile, Target
    from runtimes.oci.spec.schema import Seccomp

log = logging.getLogger(__name__)

BPF_ANNOTATION = "run.oci.seccomp_bpf_data"
"""Crun loads this base64 program and ignores the rules of ``linux.seccomp``.

Its manual calls that an experiment: where it isn't known, the rules, always written too, apply.
"""

BPF_SINCE, BPF_BEFORE = (1, 0), (2, 0)
"""The crun versions whose reading of the annotation is known: equal in all these."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A profile fitted to a container.

    Attributes:
        rules: ``linux.seccomp``.
        bpf: the compiled program as base64 for `BPF_ANNOTATION`; None where it can't be used.
    """

    rules: Seccomp
    bpf: str | None = None


def choose(security: cri.LinuxContainerSecurityContext) -> Profile | None:
    """The profile that a security context asks for; None is unconfined.

    Privileged containers are unconfined. The deprecated `seccomp_profile_path` counts where the
    newer field is unset; with neither, the container is unconfined, as kubelet and the other
    runtimes have it.

    Raises:
        InvalidArgument: an unknown profile, or one that can't be read.
    Source: CRI SecurityProfile; kubelet's seccomp fields.
    """
    if security.privileged:
        return None
    if not security.HasField("seccomp"):
        return _by_path(security.seccomp_profile_path)
    kind = security.seccomp.profile_type
    if kind == cri.SecurityProfile.RuntimeDefault:
        return default_profile()
    if kind == cri.SecurityProfile.Unconfined:
        return None
    return _localhost(security.seccomp.localhost_ref)


def _by_path(name: str) -> Profile | None:
    if name in {"", "unconfined"}:
        return None
    if name in {"runtime/default", "docker/default"}:
        return default_profile()
    if name.startswith("localhost/"):
        return _localhost(name.removeprefix("localhost/"))
    raise errors.InvalidArgument(
        f"seccomp profile {name!r} is none of runtime/default, unconfined, localhost/PATH"
    )


def _localhost(name: str) -> Profile:
    path = Path(name.removeprefix("localhost/"))
    if not path.is_absolute():
        raise errors.InvalidArgument(
            f"localhost seccomp profile {name!r}: kubelet must give its absolute path"
        )
    return load(path)


def filter_for(
    profile: Profile, target: Target, runtime: Program | None, folder: Path | None
) -> Filter:
    """Fit `profile` to a container, compiled where `runtime` is known to take it so.

    Compiling, or finding it compiled in `folder`, saves crun 13 ms per container. What can't be
    compiled goes as rules alone, which mean the same.
    """
    rules = fit(profile, target)
    if runtime is None or not takes_bpf(runtime):
        return Filter(rules)
    try:
        program = compiled(rules, folder)
    except Unsupported as reason:
        log.info("seccomp filter left to %s to compile: %s", runtime, reason)
        return Filter(rules)
    return Filter(rules, base64.b64encode(program).decode())


def takes_bpf(runtime: Program) -> bool:
    """Whether this runtime loads a ready program."""
    return (
        runtime.name == "crun"
        and "SECCOMP" in runtime.features
        and BPF_SINCE <= runtime.version < BPF_BEFORE
    )
