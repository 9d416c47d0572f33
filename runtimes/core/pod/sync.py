"""What one sync of a pod did, step by step.

Source: kubelet pkg/kubelet/container/sync_result.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    START_CONTAINER = "StartContainer"
    KILL_CONTAINER = "KillContainer"
    SETUP_NETWORK = "SetupNetwork"
    TEARDOWN_NETWORK = "TeardownNetwork"
    INIT_CONTAINER = "InitContainer"
    CREATE_POD_SANDBOX = "CreatePodSandbox"
    CONFIG_POD_SANDBOX = "ConfigPodSandbox"
    KILL_POD_SANDBOX = "KillPodSandbox"


class Reason(StrEnum):
    """Why an action failed or a container waits: the words users know from kubectl."""

    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff"
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff"
    IMAGE_INSPECT_ERROR = "ImageInspectError"
    ERR_IMAGE_PULL = "ErrImagePull"
    ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull"
    REGISTRY_UNAVAILABLE = "RegistryUnavailable"
    INVALID_IMAGE_NAME = "InvalidImageName"
    CREATE_CONTAINER_CONFIG_ERROR = "CreateContainerConfigError"
    CREATE_CONTAINER_ERROR = "CreateContainerError"
    RUN_CONTAINER_ERROR = "RunContainerError"
    RUN_INIT_CONTAINER_ERROR = "RunInitContainerError"
    POST_START_HOOK_ERROR = "PostStartHookError"
    KILL_CONTAINER_ERROR = "KillContainerError"
    VERIFY_NON_ROOT_ERROR = "VerifyNonRootError"
    CREATE_POD_SANDBOX_ERROR = "CreatePodSandboxError"
    CONFIG_POD_SANDBOX_ERROR = "ConfigPodSandboxError"
    KILL_POD_SANDBOX_ERROR = "KillPodSandboxError"
    SETUP_NETWORK_ERROR = "SetupNetworkError"
    TEARDOWN_NETWORK_ERROR = "TeardownNetworkError"


BACK_OFFS = frozenset({Reason.CRASH_LOOP_BACK_OFF, Reason.IMAGE_PULL_BACK_OFF})


@dataclass(frozen=True, slots=True)
class SyncResult:
    """One action on one target; `reason` None means it succeeded.

    Attributes:
        retry_after: seconds until a back-off ends; None when it isn't one.
        cause: the error behind `reason`, where there is one.
    """

    action: Action
    target: str
    reason: Reason | None = None
    message: str = ""
    retry_after: float | None = None
    cause: BaseException | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PodSyncResult:
    """All actions of one sync, in order; `error` is a failure that belongs to no single action."""

    results: tuple[SyncResult, ...] = ()
    error: str = ""

    @property
    def failures(self) -> tuple[SyncResult, ...]:
        return tuple(result for result in self.results if result.reason is not None)

    @property
    def ok(self) -> bool:
        """No failure but back-offs, which are waits and not failures."""
        return not self.error and all(result.reason in BACK_OFFS for result in self.failures)

    def describe(self) -> str:
        """One line per failure, as kubelet words them; empty when all went well."""
        lines = [
            f'failed to "{result.action}" for "{result.target}" with {result.reason}: '
            f'"{result.message}"'
            for result in self.failures
        ]
        return "\n".join([*([self.error] if self.error else []), *lines])
