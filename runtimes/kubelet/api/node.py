"""What the host itself tells beside what is sampled of it: its start, its processes, its swap."""

from __future__ import annotations

import time
from pathlib import Path

from runtimes.kubelet.status.times import format_ns

PROC = Path("/proc")


def node_facts(proc: Path = PROC) -> dict[str, object]:
    """Tell it in the words of ``/stats/summary``."""
    now = format_ns(time.time_ns())
    memory = memory_info(proc)
    free = memory.get("SwapFree", 0)
    limits = (proc / "sys/kernel/pid_max", proc / "sys/kernel/threads-max")
    running = (proc / "loadavg").read_text().split()[3]  # such as 2/345
    return {
        "startTime": format_ns(boot_seconds(proc) * 10**9),
        "rlimit": {
            "time": now,
            "maxpid": min(int(limit.read_text()) for limit in limits),
            "curproc": int(running.partition("/")[2]),
        },
        "swap": {
            "time": now,
            "swapAvailableBytes": free,
            "swapUsageBytes": memory.get("SwapTotal", 0) - free,
        },
    }


def memory_info(proc: Path = PROC) -> dict[str, int]:
    """Read ``meminfo``, in bytes."""
    lines = (proc / "meminfo").read_text().splitlines()
    parts = (line.partition(":") for line in lines)
    return {name: int(rest.split()[0]) * 1024 for name, _, rest in parts}


def boot_seconds(proc: Path = PROC) -> int:
    """When the host started, since the epoch; 0 if it doesn't tell."""
    with (proc / "stat").open(encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("btime ")), 0)
