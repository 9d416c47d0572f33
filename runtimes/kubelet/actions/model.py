"""The values that a decision is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.pod import v1


class KillReason(StrEnum):
    """Why a running container has to end."""

    UNKNOWN = "Unknown"
    DEFINITION_CHANGED = "DefinitionChanged"
    NOT_WANTED = "NotWanted"
    LIVENESS_PROBE = "LivenessProbe"
    STARTUP_PROBE = "StartupProbe"
    POST_START_HOOK = "FailedPostStartHook"


@dataclass(frozen=True, slots=True)
class ContainerKill:
    """One container to stop; `container` None means that the pod no longer has it.

    Attributes:
        ips: of the pod, primary first: a hook may ask there.
    """

    id: str
    name: str
    container: v1.Container | v1.EphemeralContainer | None
    message: str
    reason: KillReason
    ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodActions:
    """What to do with a pod next, in this order.

    Attributes:
        kill_pod: stop everything of the pod, sandboxes included.
        create_sandbox: afterwards make a new one, as attempt `attempt`.
        sandbox_id: the sandbox to use, or the one being replaced; empty when there is none.
        containers_to_forget: names of those whose attempts are removed before a new sandbox.
        containers_to_kill: stopped one by one; not with `kill_pod`.
        ephemeral_containers_to_start: indices into ``spec.ephemeralContainers``.
        sidecars_to_start: that ran before, or that run beside regular containers.
        next_init_container: the one to start now.
        containers_to_start: indices into ``spec.containers``.
    """

    kill_pod: bool = False
    create_sandbox: bool = False
    sandbox_id: str = ""
    attempt: int = 0
    containers_to_forget: tuple[str, ...] = ()
    containers_to_kill: tuple[ContainerKill, ...] = ()
    ephemeral_containers_to_start: tuple[int, ...] = ()
    sidecars_to_start: tuple[v1.Container, ...] = ()
    next_init_container: v1.Container | None = None
    containers_to_start: tuple[int, ...] = ()

    @property
    def starts(self) -> bool:
        """Something is to be started."""
        return bool(
            self.next_init_container
            or self.sidecars_to_start
            or self.containers_to_start
            or self.ephemeral_containers_to_start
        )

    @property
    def nothing(self) -> bool:
        return not (self.kill_pod or self.create_sandbox or self.containers_to_kill or self.starts)
