"""Paths of /proc and /sys that a container must not see, or not change.

Source: CRI masked_paths, readonly_paths; the defaults are Kubernetes' (ProcMount Default).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.oci.spec.request import SpecRequest

MASKED = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/scsi",
    "/proc/sched_debug",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
READONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def masked(request: SpecRequest) -> list[str]:
    """What to hide: as given; an empty list is none (ProcMount Unmasked).

    Only a request without any security context gets the defaults. Privileged ones see all.
    """
    if request.privileged:
        return []
    return list(request.security.masked_paths if has_context(request) else MASKED)


def readonly(request: SpecRequest) -> list[str]:
    """What to keep from writing, by the rules of `masked`."""
    if request.privileged:
        return []
    return list(request.security.readonly_paths if has_context(request) else READONLY)


def has_context(request: SpecRequest) -> bool:
    """Whether the caller said anything about security; who doesn't gets the safe defaults."""
    return request.config.HasField("linux") and request.config.linux.HasField("security_context")
