"""Seccomp and AppArmor profiles: fields first, the annotations that came before them second.

Source: kubelet pkg/kubelet/kuberuntime/helpers.go (getSeccompProfile, getAppArmorProfile).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig

_SECCOMP_OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APPARMOR_OF_CONTAINER = "container.apparmor.security.beta.kubernetes.io/"
_LOCALHOST = "localhost/"
_DEFAULT_TEXTS = {"runtime/default", "docker/default"}

_Profile = cri.SecurityProfile
_UNCONFINED = _Profile(profile_type=_Profile.Unconfined)
_DEFAULT = _Profile(profile_type=_Profile.RuntimeDefault)


def seccomp(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, config: KubeletConfig
) -> cri.SecurityProfile:
    """Unconfined where nothing is said, unless the kubelet's default is the runtime's profile."""
    contexts = (container.security_context, pod.spec.security_context)
    for context in contexts:
        if context is not None and context.seccomp_profile is not None:
            field = context.seccomp_profile
            return _of_field(field.type, field.localhost_profile, config.seccomp_root)
    notes = pod.metadata.annotations
    text = notes.get(_SECCOMP_OF_CONTAINER + container.name) or notes.get(_SECCOMP_OF_POD)
    if text:
        return _of_text(text, config.seccomp_root)
    return _DEFAULT if config.seccomp_default else _UNCONFINED


def apparmor(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer
) -> cri.SecurityProfile | None:
    """None where nothing is said: the runtime decides."""
    contexts = (container.security_context, pod.spec.security_context)
    for context in contexts:
        if context is not None and context.app_armor_profile is not None:
            field = context.app_armor_profile
            return _of_field(field.type, field.localhost_profile, None)
    text = pod.metadata.annotations.get(_APPARMOR_OF_CONTAINER + container.name)
    return _of_text(text, None) if text else None


def legacy_text(profile: cri.SecurityProfile) -> str:
    """Say it as runtimes from before the structured field understand it."""
    if profile.profile_type == _Profile.Localhost:
        return _LOCALHOST + profile.localhost_ref
    return "unconfined" if profile.profile_type == _Profile.Unconfined else "runtime/default"


def _of_field(kind: str, localhost: str, root: Path | None) -> cri.SecurityProfile:
    if kind == "RuntimeDefault":
        return _DEFAULT
    if kind == "Unconfined":
        return _UNCONFINED
    if kind == "Localhost" and localhost:
        return _localhost(localhost, root)
    raise errors.InvalidArgument(
        f"use profile of type {kind}: it is RuntimeDefault, Unconfined, or Localhost with a"
        " localhostProfile"
    )


def _of_text(text: str, root: Path | None) -> cri.SecurityProfile:
    if text in _DEFAULT_TEXTS:
        return _DEFAULT
    if text == "unconfined":
        return _UNCONFINED
    if text.startswith(_LOCALHOST):
        return _localhost(text.removeprefix(_LOCALHOST), root)
    raise errors.InvalidArgument(
        f"use profile {text}: it is runtime/default, unconfined or localhost/<name>"
    )


def _localhost(name: str, root: Path | None) -> cri.SecurityProfile:
    """Name a profile; seccomp's are files below the root, which they may not leave."""
    if root is not None and (name.startswith("/") or ".." in name.split("/")):
        raise errors.InvalidArgument(
            f"use seccomp profile {name}: it must be a relative path below {root}, without '..'"
        )
    ref = name if root is None else str(root / name)
    return _Profile(profile_type=_Profile.Localhost, localhost_ref=ref)
