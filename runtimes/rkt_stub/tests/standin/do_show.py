"""version, config, help, list, status, cat-manifest: all that only looks."""

from __future__ import annotations

import os
import sys
import time

from runtimes.rkt_stub.tests.standin import text
from runtimes.rkt_stub.tests.standin.cli import COMMANDS, VERSION
from runtimes.rkt_stub.tests.standin.places import (
    Failed,
    PodPlace,
    find,
    mtime_ns,
    pods,
    read,
    read_json,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags
    from runtimes.rkt_stub.tests.standin.places import Json

SECOND = 10**9
LOOK = 0.02
ENDED = {"exited", "exited garbage", "exited deleting"}


def version(root: str, flags: Flags) -> None:
    sys.stdout.write(
        f"rkt Version: {VERSION}\nappc Version: 0.8.11\nGo Version: go1.10\n"
        "Go OS/Arch: linux/amd64\nFeatures: -TPM -SDJOURNAL\n"
    )


def config(root: str, flags: Flags) -> None:
    sys.stdout.write("{}\n")


def help(root: str, flags: Flags) -> None:
    names = sorted({name.partition(" ")[0] for name in COMMANDS})
    sys.stdout.write("NAME:\n\trkt - rkt, the application container runner\n\nCOMMANDS:\n")
    sys.stdout.writelines(f"\t{name}\n" for name in names)


def list(root: str, flags: Flags) -> None:
    found = [one for pod in pods(root) if (one := _described(pod))]
    if flags.get("format"):
        print_json(found or None)
        return
    if not flags.on("no-legend"):
        sys.stdout.write("UUID\tAPP\tIMAGE NAME\tSTATE\n")
    for one in found:
        uuid = one["name"] if flags.on("full") else one["name"][:8]
        names = ",".join(one.get("app_names", ()))
        sys.stdout.write(f"{uuid}\t{names}\t\t{one['state']}\n")


def _described(pod: PodPlace) -> Json | None:
    """Look again at one that moves meanwhile; None for one that is gone."""
    for _ in range(3):
        try:
            return describe(_place(pod))
        except FileNotFoundError:
            continue
        except Failed:
            break
    return None


def status(root: str, flags: Flags) -> None:
    pod = find(root, flags.args[0] if flags.args else read(flags.get("uuid-file")).strip())
    stale = net_info(pod)  # read before the wait, as rkt does
    _wait(pod, flags)
    found = describe(find(root, pod.uuid), stale)
    if flags.get("format"):
        print_json(found)
        return
    sys.stdout.write(f"state={found['state']}\n")
    for net in found.get("networks", ()):
        sys.stdout.write(f"networks={net['netName']}:ip4={net['ip']}\n")
    if found["state"] == "running" or found["state"] in ENDED:
        sys.stdout.write(f"pid={read(_place(pod).file('ppid'))}\n")
        sys.stdout.write(f"exited={str(found['state'] in ENDED).lower()}\n")
    if found["state"] in ENDED:
        for app in found.get("apps", ()):
            sys.stdout.write(f"app-{app['name']}={app.get('exit_code', 0)}\n")


def _wait(pod: PodPlace, flags: Flags) -> None:
    if flags.all("wait-ready") and flags.get("wait-ready") != "false":
        _until(lambda: _ready(_place(pod)), flags.get("wait-ready"))
    if flags.all("wait") and flags.get("wait") != "false":
        _until(lambda: _place(pod).state in ENDED, flags.get("wait"))


def _ready(pod: PodPlace) -> bool:
    return pod.state == "running" and os.path.exists(pod.file("supervisor-ready"))


def _place(pod: PodPlace) -> PodPlace:
    return find(pod.root, pod.uuid)


def _until(done: object, patience: str) -> None:
    end = time.monotonic() + duration(patience)
    while not done():  # type: ignore[operator]  # a lambda of this file
        if time.monotonic() >= end:
            raise Failed("error waiting for pod: context deadline exceeded")
        time.sleep(LOOK)


def duration(said: str) -> float:
    """``5s``, ``1m0s``; ``true`` waits for ever."""
    if said == "true":
        return float("inf")
    total, number = 0.0, ""
    for at, character in enumerate(said):
        if character.isdigit() or character == ".":
            number += character
        elif character != "s" or said[at - 1] != "m" or number:
            unit = "ms" if said[at : at + 2] == "ms" else character
            total += float(number or 0) * {"h": 3600, "m": 60, "s": 1, "ms": 0.001}[unit]
            number = ""
    return total


def cat_manifest(root: str, flags: Flags) -> None:
    print_json(find(root, flags.args[0]).manifest)


def net_info(pod: PodPlace) -> Json | None:
    found: Json | None = read_json(pod.file("net-info.json"))
    return found


def describe(pod: PodPlace, networks: Json | None = None) -> Json:
    """A pod in JSON: seconds here, nanoseconds in its apps; what is empty is left out."""
    manifest, state = pod.manifest, pod.state
    apps = [describe_app(pod, entry, state) for entry in manifest["apps"]]
    found = {
        "name": pod.uuid,
        "state": state,
        "networks": networks if networks is not None else net_info(pod),
        "app_names": [entry["name"] for entry in manifest["apps"]],
        "apps": apps,
        "created_at": mtime_ns(pod.file("pod-created")) // SECOND,
        "started_at": mtime_ns(pod.file("pod-started")) // SECOND,
        "user_annotations": manifest.get("userAnnotations"),
        "user_labels": manifest.get("userLabels"),
    }
    return {key: value for key, value in found.items() if value}


def describe_app(pod: PodPlace, entry: Json, state: str) -> Json:
    """Of the immutable view: created and started with the pod, finished when it is collected."""
    status = read(pod.app_status(entry["name"]))
    running = state == "running" and not status
    shown = "running" if running else "exited" if state in {"running", *ENDED} else "created"
    found = {
        **app_facts(entry, shown),
        "created_at": mtime_ns(pod.file("pod-created")),
        "started_at": mtime_ns(pod.file("pod-started")),
        "finished_at": mtime_ns(pod.file("gc-marked")),
    }
    kept = {key: value for key, value in found.items() if value}
    return {**kept, "exit_code": int(status)} if status and shown == "exited" else kept


def app_facts(entry: Json, state: str) -> Json:
    app = entry["app"]
    return {
        "name": entry["name"],
        "state": state,
        "image_id": entry["image"]["id"],
        "user_annotations": app.get("userAnnotations"),
        "user_labels": app.get("userLabels"),
    }


def print_json(value: object) -> None:
    sys.stdout.write(text.dumps(value) + "\n")
