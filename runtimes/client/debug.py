"""Look into a pod that runs with one more container, an ephemeral one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod import v1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.client.container import Container
    from runtimes.client.pod import Pod
    from runtimes.kubelet.status.view import PodView


_NEVER_RAN = {"StartError", "ContainerCannotRun"}
"""Reasons of containers that have ended without a start, as CRI runtimes and Docker's shims say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugOptions:
    """How the container shall be.

    Attributes:
        name: empty for ``debugger-`` and five letters.
        target: the container of the pod whose processes it sees; empty for its own alone.
        stdin: it has an input, which ends when the first that attaches to it does.
        tty: it has a terminal.
    """

    name: str = ""
    target: str = ""
    stdin: bool = False
    tty: bool = False


def debug(
    pod: Pod,
    image: str,
    command: Sequence[str] = (),
    options: DebugOptions | None = None,
    *,
    timeout: float | None = None,
) -> Container:
    """Add a container to a pod that runs, and return it once it has started.

    It shares the pod's network, is never restarted, and goes with the pod.

    Raises:
        FailedPrecondition: the pod doesn't run or wasn't applied here, or the target doesn't run.
        InvalidArgument: the image's name or that of the container can't be.
        AlreadyExists: the pod has a container of that name.
        StartFailed: the container doesn't start.
        DeadlineExceeded: it hasn't started within `timeout` seconds.
    """
    from runtimes.client.errors import StartFailed

    asked = options or DebugOptions()
    _check_runs(pod, asked.target)
    container = _container(pod, image, command, asked)
    pod.runtime.store.add_ephemeral(pod.uid, container)
    joined = pod.runtime.pod(pod.uid)
    view = joined.drive(
        lambda view: _has_begun(view, container.name) or _failure(view, container.name) is not None,
        timeout=timeout,
    )
    failure = _failure(view, container.name)
    if failure is not None:
        raise StartFailed(pod.full_name, *failure)
    return joined.container(container.name)


def _has_begun(view: PodView, name: str) -> bool:
    return view.finished or view.observed.latest(name) is not None


def _failure(view: PodView, name: str) -> tuple[str, str, str] | None:
    """Why it doesn't start; by what is left of it, for an agent may have tried it."""
    from runtimes.client.progress import start_failure

    latest = view.observed.latest(name)
    if latest is not None and latest.reason in _NEVER_RAN:
        return name, latest.reason, latest.message
    return start_failure(view, name)


def _check_runs(pod: Pod, target: str) -> None:
    what = f"debug pod '{pod.full_name}'"
    if not pod.managed:
        raise errors.FailedPrecondition(f"{what}: it wasn't applied here; apply its manifest")
    if not pod.running:
        raise errors.FailedPrecondition(f"{what}: it doesn't run; start it first")
    if target and not pod.container(target).running:
        raise errors.FailedPrecondition(f"{what}: its container '{target}' doesn't run")


def _container(
    pod: Pod, image: str, command: Sequence[str], asked: DebugOptions
) -> v1.EphemeralContainer:
    """Judge it as a part of its pod, with defaults."""
    from runtimes.kubelet.manifest.defaults import with_defaults
    from runtimes.kubelet.manifest.validate.pod import check_pod

    wanted = v1.EphemeralContainer(
        name=asked.name or _new_name(),
        image=image,
        command=tuple(command),
        target_container_name=asked.target,
        stdin=asked.stdin or None,
        stdin_once=asked.stdin or None,
        tty=asked.tty or None,
    )
    spec = replace(pod.manifest.spec, ephemeral_containers=(wanted,))
    judged = with_defaults(replace(pod.manifest, spec=spec))
    problems = [f"{problem.path[-1]}: {problem.message}" for problem in check_pod(judged)]
    if problems:
        raise errors.InvalidArgument(f"debug pod '{pod.full_name}': {'; '.join(problems)}")
    return judged.spec.ephemeral_containers[0]


def _new_name() -> str:
    import secrets

    letters = "bcdfghjklmnpqrstvwxz2456789"
    return "debugger-" + "".join(secrets.choice(letters) for _ in range(5))
