"""Which boot of the machine this is: namespaces, mounts and pids of another one are gone."""

from __future__ import annotations

from pathlib import Path


def boot_id(proc: Path = Path("/proc")) -> str:
    """Read the kernel's random id of this boot; empty where there is none."""
    try:
        return (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
