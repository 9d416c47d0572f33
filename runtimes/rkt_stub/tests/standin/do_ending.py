"""stop, rm and gc."""

from __future__ import annotations

import os
import sys
import time

from runtimes.rkt_stub.tests.standin.do_show import duration
from runtimes.rkt_stub.tests.standin.places import (
    Failed,
    PodPlace,
    find,
    mtime_ns,
    pods,
    read,
    read_json,
    remove_tree,
    touch,
)

SIGKILL, SIGTERM = 9, 15
TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags


def stop(root: str, flags: Flags) -> int:
    return _each(flags, lambda uuid: _stop(find(root, uuid), force=flags.on("force")))


def _each(flags: Flags, do: object) -> int:
    code = 0
    for uuid in flags.args:
        try:
            do(uuid)  # type: ignore[operator]  # a lambda of this file
        except Failed as error:
            sys.stderr.write(f"{error}\n")
            code = 254
    return code


def _stop(pod: PodPlace, *, force: bool) -> None:
    state = pod.state
    if state in {"exited", "exited garbage", "exited deleting"}:
        sys.stdout.write(f'pod "{pod.uuid}" is already stopped\n')
        return
    if state != "running":
        raise Failed(f'error stopping pod "{pod.uuid}": pod is not running')
    try:
        if force:
            os.kill(int(read(pod.file("first"))), SIGKILL)
            os.kill(int(read(pod.file("ppid"))), SIGKILL)
            _sweep(pod)
        else:
            os.kill(int(read(pod.file("ppid"))), SIGTERM)
    except (ProcessLookupError, ValueError) as error:
        raise Failed(f"error stopping pod: {error}") from error
    sys.stdout.write(f'"{pod.uuid}"\n')


def _sweep(pod: PodPlace) -> None:
    """Remove what a killed supervisor couldn't: its mounts went with it."""
    from runtimes.rkt_stub.tests.standin import groups, network

    end = time.monotonic() + 5
    while pod.locked() and time.monotonic() < end:
        time.sleep(0.01)
    for entry in pod.manifest["apps"]:
        name = f"{pod.uuid}-{entry['name']}"
        groups.end(name)
        if os.path.isdir(f"{pod.root}/crun/{name}"):
            remove_tree(f"{pod.root}/crun/{name}")
    for net in read_json(pod.file("net-info.json"), []):
        network.release(net["ip"], pod.uuid)


def rm(root: str, flags: Flags) -> int:
    return _each(flags, lambda uuid: _rm(find(root, uuid)))


def _rm(pod: PodPlace) -> None:
    if pod.state in {"running", "preparing"}:
        raise Failed(f'pod "{pod.uuid}" is currently running')
    _delete(pod)
    sys.stdout.write(f'"{pod.uuid}"\n')


def _delete(pod: PodPlace) -> None:
    if pod.stage != "garbage":
        pod.move("garbage")
    remove_tree(pod.path)


def gc(root: str, flags: Flags) -> None:
    """Mark first, then delete what was marked long enough ago."""
    grace = duration(flags.get("grace-period", "30m"))
    expire = duration(flags.get("expire-prepared", "24h"))
    for pod in pods(root):
        if pod.state == "exited":
            touch(pod.file("gc-marked"))
            pod.move("exited-garbage")
        elif pod.stage == "prepared" and _age(pod.file("pod-created")) >= expire:
            pod.move("garbage")
    if flags.on("mark-only"):
        return
    for pod in pods(root, ("exited-garbage", "garbage")):
        if _age(pod.file("gc-marked")) >= grace:
            sys.stderr.write(f'Garbage collecting pod "{pod.uuid}"\n')
            _delete(pod)


def _age(path: str) -> float:
    return time.time() - mtime_ns(path) / 1e9
