"""`scripts/engines start|stop|restart|status|env [ENGINE] [--dir DIR] [--force]`.

ENGINE is containerd, dockerd, registry or all of them. `restart` kills daemons, as a crash would.

Exit codes: 0 done, 1 an engine failed, 2 usage, 4 the host lacks something.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines.containerd import Containerd
from runtimes.contract.engines.dockerd import Dockerd
from runtimes.contract.engines.engine import Restartable
from runtimes.contract.engines.places import Places
from runtimes.contract.engines.process import EngineFailed, ProcessId
from runtimes.contract.engines.registry import Registry

if TYPE_CHECKING:
    from typing import TextIO

    from runtimes.contract.engines.engine import Engine

MISSING = 4


@dataclass(frozen=True, slots=True)
class Request:
    """Attributes:
    chosen: by name, in the order in which they start.
    holder: for whom; None for the user.
    force: stop what others still use.
    """

    places: Places
    chosen: dict[str, Engine]
    holder: ProcessId | None
    force: bool


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    places = Places(arguments.dir.absolute())
    chosen = _engines(places)
    if arguments.engine != "all":
        chosen = {arguments.engine: chosen[arguments.engine]}
    holder = ProcessId.of(arguments.holder) if arguments.holder else None
    request = Request(places, chosen, holder, arguments.force)
    actions = {
        "start": _start,
        "stop": _stop,
        "restart": _restart,
        "status": _status,
        "env": _env,
    }
    with places.locked():
        try:
            return actions[arguments.action](request)
        except EngineFailed as error:
            _say(f"engines: {error}", sys.stderr)
            return 1


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engines", description="Private engines for tests.")
    parser.add_argument("action", choices=["start", "stop", "restart", "status", "env"])
    parser.add_argument(
        "engine", nargs="?", default="all", choices=["containerd", "dockerd", "registry", "all"]
    )
    parser.add_argument("--dir", type=Path, default=Path(".engines"), help="where all of it lives")
    parser.add_argument("--holder", type=int, default=0, help="pid that wants it; stops with it")
    parser.add_argument("--force", action="store_true", help="stop what somebody still uses")
    return parser.parse_args(argv)


def _engines(places: Places) -> dict[str, Engine]:
    registry = Registry(places)
    return {
        "registry": registry,
        "containerd": Containerd(places, registry),
        "dockerd": Dockerd(places, registry),
    }


def _start(request: Request) -> int:
    known = _engines(request.places)
    chosen = request.chosen
    lacking = {name: lacks for name, engine in chosen.items() if (lacks := engine.missing())}
    for name, lacks in lacking.items():
        _say(f"engines: {name} is missing {'; '.join(lacks)}", sys.stderr)
    for name, engine in chosen.items():
        if name in lacking:
            continue
        for needed in engine.needs:
            if not known[needed].missing():
                _start_one(request, known[needed])
        _start_one(request, engine)
    _print_env(known)
    return MISSING if lacking else 0


def _start_one(request: Request, engine: Engine) -> None:
    request.places.hold(engine.name, request.holder)
    if engine.running():
        return
    try:
        engine.start()
    except EngineFailed:
        engine.stop()
        raise


def _stop(request: Request) -> int:
    known = _engines(request.places)
    chosen, holder = request.chosen, request.holder
    needed = {name for engine in chosen.values() for name in engine.needs} if holder else set()
    names = [name for name in known if name in chosen or name in needed]
    for engine in (known[name] for name in reversed(names)):
        held = request.places.release(engine.name, holder)
        if not held or request.force:
            request.places.forget(engine.name)
            engine.stop()
        elif holder is None:
            _say(f"engines: {engine.name} goes on, process {', '.join(held)} uses it; see --force")
    return 0


def _restart(request: Request) -> int:
    """Crash them, as it were: what their daemons started goes on meanwhile."""
    for engine in request.chosen.values():
        if isinstance(engine, Restartable) and engine.running():
            engine.restart()
    return 0


def _status(request: Request) -> int:
    for name, engine in request.chosen.items():
        lacks = engine.missing()
        state = "running" if engine.running() else "stopped"
        _say(f"{name:12}{f'missing {lacks[0]}' if lacks else state}")
    return 0


def _env(request: Request) -> int:
    _print_env(request.chosen)
    return 0


def _print_env(chosen: dict[str, Engine]) -> None:
    for engine in chosen.values():
        for name, value in engine.env().items():
            _say(f"{name}={value}")


def _say(text: str, stream: TextIO | None = None) -> None:
    (stream or sys.stdout).write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
