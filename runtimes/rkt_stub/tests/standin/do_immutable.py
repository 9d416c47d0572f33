"""prepare and run-prepared."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from runtimes.rkt_stub.tests.standin import manifests, text
from runtimes.rkt_stub.tests.standin.do_store import obtain
from runtimes.rkt_stub.tests.standin.places import Failed, PodPlace, find, touch

if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags
    from runtimes.rkt_stub.tests.standin.places import Json

IMAGE_FLAGS = ("volume", "pull-policy", "environment", "exec", "name", "user", "group")


def prepare(root: str, flags: Flags) -> None:
    path = flags.get("pod-manifest")
    if path and (flags.args or any(flags.all(name) for name in IMAGE_FLAGS)):
        raise Failed("conflicting flags set with --pod-manifest (see --help)")
    if not path and not flags.args:
        raise Failed("must provide at least one image or specify the pod manifest")
    if path:
        manifest = manifests.with_images(root, manifests.check(_load(path)))
    else:
        policy = flags.get("pull-policy", "new")
        ids = [obtain(root, name, flags, policy) for name in flags.args]
        apps = [manifests.entry_of(root, image_id, flags) for image_id in ids]
        manifest = {"acVersion": "0.8.11", "acKind": "PodManifest", "apps": apps}
    pod = create(root, manifest, "prepared")
    sys.stdout.write(f"{pod.uuid}\n")


def _load(path: str) -> Json:
    try:
        with open(path) as file:
            found = json.load(file)
    except (OSError, ValueError) as error:
        raise Failed(f"error loading pod manifest: {error}") from error
    if not isinstance(found, dict):
        raise Failed(f"error loading pod manifest: {path} holds no object")
    return found


def create(root: str, manifest: Json, stage: str) -> PodPlace:
    """Make a pod's folder as a whole."""
    import uuid

    pod = PodPlace(root, "embryo", str(uuid.uuid4()))
    touch(pod.file("pod"), text.dumps(manifest))
    touch(pod.file("pod-created"))
    os.makedirs(f"{pod.path}/stage1/rootfs/rkt/status", exist_ok=True)
    write_enter(pod)
    pod.move(stage)
    return pod


def write_enter(pod: PodPlace) -> None:
    """Stage1's own entry, by which commands run beside the apps: here only ``systemctl kill``."""
    path = pod.file("stage1/rootfs/enter")
    here = os.path.dirname(os.path.realpath(__file__))
    with open(path, "w") as file:
        file.write(f'#!/bin/sh\nexec {here}/rkt --dir={pod.root} stage1-enter "$0" "$@"\n')
    os.chmod(path, 0o755)


def run_prepared(root: str, flags: Flags) -> int:
    pod = find(root, flags.args[0] if flags.args else "")
    if pod.stage != "prepared":
        raise Failed(f'pod "{pod.uuid}" is not prepared')
    from runtimes.rkt_stub.tests.standin.stage1 import Supervisor

    return Supervisor(pod, pod_options(pod.manifest, flags), mutable=False).run()


def pod_options(manifest: Json, flags: Flags) -> Json:
    """What the flags of a run say of the pod as a whole."""
    insecure = set(",".join(flags.all("insecure-options")).split(","))
    return {
        "net": flags.get("net", "default"),
        "hostname": flags.get("hostname"),
        "resolv.conf": _resolv_conf(flags),
        "hosts": _hosts(flags),
        "ports": _ports(manifest, flags),
        "privileged": bool(insecure & {"all-run", "capabilities", "all"}),
    }


def _resolv_conf(flags: Flags) -> str:
    if flags.get("dns") == "host":
        return open("/etc/resolv.conf").read()
    lines = [f"nameserver {one}" for one in flags.all("dns") if one != "none"]
    for word, flag in (("search", "dns-search"), ("options", "dns-opt")):
        if flags.all(flag):
            lines.append(f"{word} {' '.join(flags.all(flag))}")
    return "".join(f"{line}\n" for line in lines)


def _hosts(flags: Flags) -> str:
    if flags.get("hosts-entry") == "host":
        return open("/etc/hosts").read()
    entries = [one.split("=", 1) for one in flags.all("hosts-entry")]
    return "".join(f"{ip}\t{name}\n" for ip, name in entries)


def _ports(manifest: Json, flags: Flags) -> list[tuple[str, int, int]]:
    """Host address, host port and port in the pod."""
    inner = {
        port["name"]: port["port"]
        for entry in manifest["apps"]
        for port in entry["app"].get("ports", ())
    }
    found = [
        (
            one.get("hostIP", ""),
            one["hostPort"],
            one.get("podPort", {}).get("port") or inner[one["name"]],
        )
        for one in manifest.get("ports", ())
    ]
    for value in flags.all("port"):
        _, _, pod_port, host_ip, host_port = value.split(":")
        found.append((host_ip, int(host_port), int(pod_port)))
    return found
