"""Linux capabilities by name, in the kernel's order.

Source: linux/capability.h, capabilities(7).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_WORDS = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
    LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER
    SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
    SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
    MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
    CHECKPOINT_RESTORE
"""
NAMES = tuple(f"CAP_{word}" for word in _WORDS.split())
"""Index = the kernel's number."""
_LAST = Path("/proc/sys/kernel/cap_last_cap")


@cache
def known_to_kernel() -> frozenset[str]:
    """The capabilities of the running kernel."""
    try:
        count = int(_LAST.read_text()) + 1
    except (OSError, ValueError):
        count = len(NAMES)
    return frozenset(NAMES[:count])


def from_mask(mask: int) -> frozenset[str]:
    """The names of the set bits; bits newer than this table are left out."""
    return frozenset(name for bit, name in enumerate(NAMES) if mask >> bit & 1)


def from_status(status: str, field: str) -> frozenset[str]:
    """Read a set such as ``CapEff`` or ``CapBnd`` from the text of /proc/PID/status."""
    for line in status.splitlines():
        if line.startswith(f"{field}:"):
            return from_mask(int(line.split()[1], 16))
    return frozenset()
