"""Run ``runc exec --detach`` and wait for the command itself: a program, never imported by others.

    python -I -S waiter.py PIDFILE RUNC ARGUMENT...

Without ``--detach``, runc doesn't end before every child that holds the command's output has. So
the command is left to this process, its subreaper, which ends with the command's exit code.
Without a command (runc failed), PIDFILE doesn't exist and the exit code is runc's.
"""

from __future__ import annotations

import os
import sys

PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    import ctypes

    pid_file, *argv = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    starter = os.posix_spawn(argv[0], argv, os.environ)
    _, status = os.waitpid(starter, 0)
    if status == 0:
        with open(pid_file) as file:  # noqa: PTH123 -- pathlib costs 6 ms
            _, status = os.waitpid(int(file.read()), 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
