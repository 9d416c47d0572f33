"""app sandbox, add, start, stop, rm, status, list."""

from __future__ import annotations

import _socket
import os
import sys

from runtimes.rkt_stub.tests.standin import text
from runtimes.rkt_stub.tests.standin.do_show import app_facts, print_json
from runtimes.rkt_stub.tests.standin.places import (
    Failed,
    PodPlace,
    find,
    mtime_ns,
    read,
    touch,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags
    from runtimes.rkt_stub.tests.standin.places import Json


def app_sandbox(root: str, flags: Flags) -> int:
    from runtimes.rkt_stub.tests.standin import manifests
    from runtimes.rkt_stub.tests.standin.do_immutable import create, pod_options
    from runtimes.rkt_stub.tests.standin.stage1 import Supervisor

    manifest: Json = {
        "acVersion": "0.8.11",
        "acKind": "PodManifest",
        "apps": [],
        "annotations": manifests.notes(flags),
        "userAnnotations": flags.pairs("user-annotation"),
        "userLabels": flags.pairs("user-label"),
    }
    options = pod_options(manifest, flags)
    pod = create(root, manifest, "prepare")
    touch(pod.file("mutable"))
    if flags.get("uuid-file-save"):
        write(flags.get("uuid-file-save"), pod.uuid)
    return Supervisor(pod, options, mutable=True).run()


def _running(root: str, flags: Flags) -> PodPlace:
    pod = find(root, flags.args[0])
    if not pod.mutable:
        raise Failed("error: immutable pod")
    if pod.state != "running":
        raise Failed(f'pod "{pod.uuid}" isn\'t currently running')
    if not os.path.exists(pod.file("supervisor-ready")):
        raise Failed(f"supervisor of pod {pod.uuid} not yet ready")
    return pod


def _entry(pod: PodPlace, app: str) -> Json | None:
    return next((one for one in pod.manifest["apps"] if one["name"] == app), None)


def ask(pod: PodPlace, do: str, app: str, **more: str) -> None:
    """Have the supervisor do it."""
    folder = os.open(pod.path, os.O_PATH)
    connection = _socket.socket(_socket.AF_UNIX)
    connection.connect(f"/proc/self/fd/{folder}/control")
    connection.sendall(text.dumps({"do": do, "app": app, **more}).encode() + b"\n")
    answer = text.loads(connection.recv(65536).decode() or '"error: gone"')
    if answer != "ok":
        raise Failed(f"error in app {app}: {answer}")


def app_add(root: str, flags: Flags) -> None:
    from runtimes.rkt_stub.tests.standin import images, manifests

    pod = _running(root, flags)
    image_id = images.resolve(root, flags.args[1])
    if image_id is None:
        raise Failed(f"no image {flags.args[1]!r} in the store")
    entry = manifests.entry_of(root, image_id, flags)
    _change(pod, lambda apps: _with(apps, entry))
    ask(pod, "mount", entry["name"])


def _with(apps: list[Json], entry: Json) -> list[Json]:
    if entry["name"] in [one["name"] for one in apps]:
        raise Failed(f"error: multiple apps with name {entry['name']}")
    return [*apps, entry]


def _change(pod: PodPlace, change: object) -> None:
    """Rewrite the manifest's apps; two commands never at once."""
    import fcntl

    with open(pod.file("manifest-lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = pod.manifest
        manifest["apps"] = change(manifest["apps"])  # type: ignore[operator]  # of this file
        write(pod.file("pod"), text.dumps(manifest))


def app_start(root: str, flags: Flags) -> None:
    pod = _running(root, flags)
    _known(pod, flags.get("app"), 254)
    ask(pod, "start", flags.get("app"))


def attach(root: str, flags: Flags) -> None:
    """Nobody calls it: that it is there tells of the flags for streams."""
    raise Failed("the stand-in attaches to nothing")


def app_stop(root: str, flags: Flags) -> None:
    """Return once the process is gone, which is before its status is written."""
    pod = _running(root, flags)
    app = flags.get("app")
    _known(pod, app, 254)
    ask(pod, "stop", app)
    import time

    while mtime_ns(pod.app_status(f"{app}-started")) and not read(pod.app_status(app)):
        if not os.path.exists(f"{pod.root}/crun/{pod.uuid}-{app}"):
            break
        time.sleep(0.01)


def app_rm(root: str, flags: Flags) -> None:
    pod = _running(root, flags)
    app = flags.get("app")
    _known(pod, app, 254)
    if _state(pod, app) == "running":
        app_stop(root, flags)
    ask(pod, "unmount", app)
    _change(pod, lambda apps: [one for one in apps if one["name"] != app])


def _known(pod: PodPlace, app: str, code: int) -> Json:
    entry = _entry(pod, app)
    if entry is None:
        raise Failed(f'error: nonexistent app "{app}"', code)
    return entry


def _state(pod: PodPlace, app: str) -> str:
    if read(pod.app_status(app)):
        return "exited"
    if mtime_ns(pod.app_status(f"{app}-started")):
        return "running" if pod.state == "running" else "exited"
    return "created" if mtime_ns(pod.app_status(f"{app}-created")) else "unknown"


def app_status(root: str, flags: Flags) -> None:
    pod = find(root, flags.args[0])
    app = flags.get("app")
    entry = _known(pod, app, 1)
    state = _state(pod, app)
    facts = {
        **app_facts(entry, state),
        "created_at": mtime_ns(pod.app_status(f"{app}-created")),
        "started_at": mtime_ns(pod.app_status(f"{app}-started")),
        "finished_at": mtime_ns(pod.app_status(app)),
    }
    found = {key: value for key, value in facts.items() if value}
    code = read(pod.app_status(app))
    if code:
        found["exit_code"] = int(code)
    if flags.get("format"):
        print_json(found)
        return
    sys.stdout.write("".join(f"{key}={value}\n" for key, value in found.items()))


def app_list(root: str, flags: Flags) -> None:
    pod = find(root, flags.args[0])
    if not flags.on("no-legend"):
        sys.stdout.write("NAME\tSTATE\n")
    for entry in pod.manifest["apps"]:
        sys.stdout.write(f"{entry['name']}\t{_state(pod, entry['name'])}\n")
