"""How long a command takes from its start to its end, beside Python's own start.

    python benchmarks/start_up.py [rounds]

The calls go to the backend of RUNTIMES_BACKEND or the configuration file. Modules must have been
compiled, so PYTHONDONTWRITEBYTECODE is taken away, and the first rounds don't count.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from side_by_side import Contender, run

_BUDGETS_MS = {
    "python -c pass": None,
    "import runtimes.core...": 120.0,
    "runtimes --help": 60.0,
    "runtimes ps": 150.0,
    "runtimes pods": 150.0,
    "runtimes images": 150.0,
    "runtimes exec no-such-pod true": 150.0,
    "runtimes top": None,
    "runtimes backends": None,
    "crictl --help": None,
}
_CORE = """
import runtimes.core.cri.services, runtimes.core.cri.v1.api_pb2, runtimes.core.pod.runtime
import runtimes.core.logs, runtimes.core.discovery, runtimes.core.configure
"""


def _argv(name: str) -> list[str]:
    if name == "python -c pass":
        return [sys.executable, "-c", "pass"]
    if name.startswith("import"):
        return [sys.executable, "-c", _CORE]
    program, *words = name.split()
    beside = Path(sys.executable).with_name(program)
    return [str(beside) if beside.exists() else program, *words]


def _call(argv: list[str], _round: int) -> None:
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(argv, check=False, capture_output=True, env=environ)


def main(rounds: int) -> int:
    names = [name for name in _BUDGETS_MS if shutil.which(_argv(name)[0])]
    contenders = [
        Contender(name, partial(_call, _argv(name)), clean=lambda _: None) for name in names
    ]
    run(contenders, rounds)
    failed = 0
    print(f"{'':32}{'median ms':>10}{'p10':>8}{'p90':>8}{'x bare':>8}{'budget':>9}")
    bare = contenders[0].median_ms
    for one in contenders:
        low, high = one.spread_ms
        budget = _BUDGETS_MS[one.name]
        failed += budget is not None and one.median_ms > budget
        shown = "" if budget is None else f"{budget:.0f}"
        times = f"{one.median_ms:10.0f}{low:8.0f}{high:8.0f}{one.median_ms / bare:8.1f}"
        print(f"{one.name:32}{times}{shown:>9}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
