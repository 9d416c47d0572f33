"""`scripts/engines start|stop|status|env [containerd|dockerd|registry|all] [--dir DIR]`.

Exit codes: 0 done, 1 an engine failed, 2 usage, 4 the host lacks something.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines.containerd import Containerd
from runtimes.contract.engines.dockerd import Dockerd
from runtimes.contract.engines.places import Places
from runtimes.contract.engines.process import EngineFailed, ProcessId
from runtimes.contract.engines.registry import Registry

if TYPE_CHECKING:
    from typing import TextIO

    from runtimes.contract.engines.engine import Engine

MISSING = 4


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    places = Places(arguments.dir.absolute())
    chosen = _engines(places)
    if arguments.engine != "all":
        chosen = {arguments.engine: chosen[arguments.engine]}
    holder = ProcessId.of(arguments.holder) if arguments.holder else None
    with places.locked():
        try:
            return {"start": _start, "stop": _stop, "status": _status, "env": _env}[
                arguments.action
            ](places, chosen, holder)
        except EngineFailed as error:
            _say(f"engines: {error}", sys.stderr)
            return 1


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engines", description="Private engines for tests.")
    parser.add_argument("action", choices=["start", "stop", "status", "env"])
    parser.add_argument(
        "engine", nargs="?", default="all", choices=["containerd", "dockerd", "registry", "all"]
    )
    parser.add_argument("--dir", type=Path, default=Path(".engines"), help="where all of it lives")
    parser.add_argument("--holder", type=int, default=0, help="pid that wants it; stops with it")
    return parser.parse_args(argv)


def _engines(places: Places) -> dict[str, Engine]:
    registry = Registry(places)
    return {
        "registry": registry,
        "containerd": Containerd(places, registry),
        "dockerd": Dockerd(places, registry),
    }


def _start(places: Places, chosen: dict[str, Engine], holder: ProcessId | None) -> int:
    known = _engines(places)
    lacking = {name: lacks for name, engine in chosen.items() if (lacks := engine.missing())}
    for name, lacks in lacking.items():
        _say(f"engines: {name} is missing {'; '.join(lacks)}", sys.stderr)
    for name, engine in chosen.items():
        if name in lacking:
            continue
        for needed in engine.needs:
            if not known[needed].missing():
                _start_one(places, known[needed], holder)
        _start_one(places, engine, holder)
    _print_env(known)
    return MISSING if lacking else 0


def _start_one(places: Places, engine: Engine, holder: ProcessId | None) -> None:
    places.hold(engine.name, holder)
    if engine.running():
        return
    try:
        engine.start()
    except EngineFailed:
        engine.stop()
        raise


def _stop(places: Places, chosen: dict[str, Engine], holder: ProcessId | None) -> int:
    known = _engines(places)
    needed = {name for engine in chosen.values() for name in engine.needs} if holder else set()
    names = [name for name in known if name in chosen or name in needed]
    for engine in (known[name] for name in reversed(names)):
        if places.release(engine.name, holder):
            engine.stop()
    return 0


def _status(_places: Places, chosen: dict[str, Engine], _holder: ProcessId | None) -> int:
    for name, engine in chosen.items():
        lacks = engine.missing()
        state = "running" if engine.running() else "stopped"
        _say(f"{name:12}{f'missing {lacks[0]}' if lacks else state}")
    return 0


def _env(_places: Places, chosen: dict[str, Engine], _holder: ProcessId | None) -> int:
    _print_env(chosen)
    return 0


def _print_env(chosen: dict[str, Engine]) -> None:
    for engine in chosen.values():
        for name, value in engine.env().items():
            _say(f"{name}={value}")


def _say(text: str, stream: TextIO | None = None) -> None:
    (stream or sys.stdout).write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
