"""First process of an engine's namespaces: prepares them, then reaps what is orphaned.

Runs by its path, alone, as `python -I -S init.py READY SHARED TARGET=SOURCE...`: nothing of the
package is imported. Each SOURCE is bound over TARGET, so that what an engine writes there stays
private. Mounts below SHARED are seen on both sides, whoever makes them; all others are cut off.
READY is a file that appears once all is prepared.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

UNIFIED = "/sys/fs/cgroup/unified"
_MS_PRIVATE = 1 << 18


def main() -> None:
    ready, shared, *bindings = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    _cut_off(Path(shared))
    _prepare(bindings)
    Path(ready).touch()
    while True:
        signal.sigwait({signal.SIGCHLD})
        _reap()


def _cut_off(shared: Path) -> None:
    """Make every mount private but `shared` and those below; what no path reaches doesn't count."""
    libc = ctypes.CDLL(None, use_errno=True)
    for point in points(Path("/proc/self/mountinfo").read_bytes()):
        if Path(point).is_relative_to(shared):
            continue
        failed = libc.mount(None, os.fsencode(point), None, _MS_PRIVATE, None)
        reason = os.strerror(ctypes.get_errno())
        if failed and Path(point).is_mount():
            sys.exit(f"make the mount {point} private: {reason}")


def points(table: bytes) -> list[str]:
    """Where a mountinfo's mounts are, without its octal escapes. Pure."""
    escaped = [line.split(b" ", 5)[4] for line in table.split(b"\n") if line]
    return [os.fsdecode(one.decode("unicode_escape").encode("latin-1")) for one in escaped]


def _prepare(bindings: list[str]) -> None:
    _run("mount", "-t", "proc", "proc", "/proc")
    for binding in bindings:
        target, _, source = binding.partition("=")
        _run("mount", "--bind", source, target)
    if Path(UNIFIED, "cgroup.controllers").exists():
        # crun 1.8 refuses a hybrid host whose unified hierarchy holds controllers.
        subprocess.run(["umount", "-l", UNIFIED], check=False)
    _run("ip", "link", "set", "lo", "up")
    _run("mount", "--make-rshared", "/")


def _run(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: {done.stderr.strip()}")


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


if __name__ == "__main__":
    main()
