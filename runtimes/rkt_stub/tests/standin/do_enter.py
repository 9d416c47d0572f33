"""enter and app exec: a command in the namespaces of a running app; and stage1's own entry."""

from __future__ import annotations

import os
import sys

from runtimes.rkt_stub.tests.standin import text
from runtimes.rkt_stub.tests.standin.places import Failed, PodPlace, find, read, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags
    from runtimes.rkt_stub.tests.standin.places import Json


def enter(root: str, flags: Flags) -> int:
    pod = find(root, flags.args[0])
    if pod.state != "running":
        raise Failed(f'pod "{pod.uuid}" isn\'t currently running')
    return _run(pod, _app(pod, flags), [*flags.args[1:], *flags.rest] or ["/bin/bash"])


app_exec = enter


def _app(pod: PodPlace, flags: Flags) -> str:
    names = [one["name"] for one in pod.manifest["apps"]]
    app = flags.get("app")
    if not app and len(names) != 1:
        raise Failed('specify app using "--app="')
    app = app or names[0]
    if app not in names:
        raise Failed(f'app "{app}" not found')
    return app


def _run(pod: PodPlace, app: str, command: list[str]) -> int:
    process = read_json(pod.file(f"bundles/{app}/config.json"))["process"]
    if read(pod.app_status(app)) or not _exists(_root(pod, app), command[0], process["env"]):
        sys.stderr.write(f'Error: Unable to open "{command[0]}": no such file or directory\n')
        return 1
    words = [*process["env"], f"TERM={os.environ.get('TERM', 'linux')}"]
    process |= {"args": command, "env": words, "cwd": "/", "terminal": os.isatty(0)}
    return _become(pod, app, {**process, "user": {"uid": 0, "gid": 0}})


def _become(pod: PodPlace, app: str, process: Json) -> int:
    descriptor = os.memfd_create("process", 0)
    os.write(descriptor, text.dumps(process).encode())
    container = f"{pod.uuid}-{app}"
    if process["terminal"]:
        from runtimes.rkt_stub.tests.standin import terminal

        return terminal.run(pod, descriptor, container)
    argv = pod.crun("exec", f"--process=/proc/self/fd/{descriptor}", container)
    return os.execvp(argv[0], argv)


def _root(pod: PodPlace, app: str) -> str:
    """Its tree as its first process sees it: nobody else has it mounted."""
    return f"/proc/{read(pod.file(f'bundles/{app}/pid'))}/root"


def _exists(root: str, name: str, environment: list[str]) -> bool:
    if "/" in name:
        return os.path.lexists(f"{root}/{name}")
    path = next((one[5:] for one in environment if one.startswith("PATH=")), "")
    return any(os.path.lexists(f"{root}/{folder}/{name}") for folder in path.split(":"))


def stage1_enter(root: str, flags: Flags) -> int:
    """``<stage1>/enter --pid=N -- /usr/bin/systemctl kill --signal=S APP.service``."""
    pod = find(root, flags.args[0].split("/")[-4])
    if flags.get("pid") != read(pod.file("first")):
        sys.stderr.write("Failed to connect to bus: Host is down\n")
        return 1
    program, verb, signal, unit = flags.rest
    if (os.path.basename(program), verb) != ("systemctl", "kill"):
        raise Failed(f"the stand-in's pods have no {program} {verb}")
    from runtimes.rkt_stub.tests.standin.do_mutable import ask

    ask(pod, "kill", unit.removesuffix(".service"), signal=signal.partition("=")[2])
    return 0
