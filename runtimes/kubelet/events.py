"""What a kubelet tells about its pods while it works, as `kubectl describe` lists it.

Source: kubelet pkg/kubelet/events/event.go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

log = logging.getLogger(__name__)


class EventReason(StrEnum):
    CREATED = "Created"
    STARTED = "Started"
    FAILED = "Failed"
    KILLING = "Killing"
    BACK_OFF = "BackOff"
    PULLING = "Pulling"
    PULLED = "Pulled"
    INSPECT_FAILED = "InspectFailed"
    ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull"
    SANDBOX_CHANGED = "SandboxChanged"
    FAILED_CREATE_POD_SANDBOX = "FailedCreatePodSandBox"
    FAILED_POD_SANDBOX_STATUS = "FailedPodSandBoxStatus"
    FAILED_MOUNT = "FailedMount"
    FAILED_KILL_POD = "FailedKillPod"
    FAILED_POST_START_HOOK = "FailedPostStartHook"
    FAILED_PRE_STOP_HOOK = "FailedPreStopHook"
    DNS_CONFIG_FORMING = "DNSConfigForming"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    UNHEALTHY = "Unhealthy"
    PROBE_WARNING = "ProbeWarning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`warning` marks what a person should look at; `container` is empty when it is the pod's."""

    pod_uid: str
    reason: EventReason
    message: str
    container: str = ""
    warning: bool = False


Recorder = Callable[[Event], None]
"""Takes events; called from several threads, and should return at once."""


def log_event(event: Event) -> None:
    """Write it to the log: what happens when nobody listens."""
    level = logging.WARNING if event.warning else logging.DEBUG
    log.log(level, "%s: %s pod=%s", event.reason, event.message, event.pod_uid)
