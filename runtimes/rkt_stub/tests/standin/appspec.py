"""From an appc app to an OCI bundle's config.json."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runtimes.rkt_stub.tests.standin import text
from runtimes.rkt_stub.tests.standin.places import PodPlace, read

if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.places import Json

DEFAULT_CAPABILITIES = (
    "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_KILL",
    "CAP_MKNOD", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP",
    "CAP_SETFCAP", "CAP_SYS_CHROOT",
)  # fmt: skip
# in the order of the kernel's numbers
ALL_CAPABILITIES = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
    "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
    "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
)  # fmt: skip
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOUNTS = (
    ("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
    ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    ("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666"]),
    ("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777"]),
    ("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
)


def config(pod: PodPlace, entry: Json, options: Json, pid1: int) -> Json:
    """The bundle of one app; `options` are those of the whole pod."""
    app, root = entry["app"], pod.app_root(entry["name"])
    isolators = {one["name"]: one["value"] for one in app.get("isolators", ())}
    privileged = bool(options.get("privileged"))
    names = "network ipc uts pid" if options["net"] != "host" else "ipc uts pid"
    paths = {"network": "net"}
    namespaces = [
        {"type": name, "path": f"/proc/{pid1}/ns/{paths.get(name, name)}"} for name in names.split()
    ]
    binds = [_bind(*each) for each in _mounts(pod, entry)]
    return {
        "ociVersion": "1.0.2",
        "root": {"path": root, "readonly": bool(entry.get("readOnlyRootFS"))},
        "process": _process(entry, root, isolators, privileged=privileged),
        "mounts": [
            {"destination": where, "type": kind, "source": source, "options": words}
            for where, kind, source, words in MOUNTS
        ]
        + binds,
        "linux": {
            "namespaces": [*namespaces, {"type": "mount"}],
            "maskedPaths": [] if privileged else ["/proc/kcore", "/proc/sched_debug"],
            "readonlyPaths": [] if privileged else ["/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def _process(entry: Json, root: str, isolators: Json, *, privileged: bool) -> Json:
    app, name = entry["app"], entry["name"]
    uid, gid = _ids(root, app)
    found = _capabilities(isolators, privileged)
    capabilities = dict.fromkeys(("bounding", "effective", "permitted", "inheritable"), found)
    environment = [f"{one['name']}={one['value']}" for one in app.get("environment", ())]
    given = {one.partition("=")[0] for one in environment}
    home, shell, login = _account(root, uid)
    usual = (f"AC_APP_NAME={name}", PATH, f"HOME={home}", f"SHELL={shell}", f"USER={login}")
    environment += [one for one in usual if one.partition("=")[0] not in given]
    return {
        "terminal": False,
        "args": app["exec"],
        "cwd": app.get("workingDirectory") or "/",
        "env": environment,
        "user": {"uid": uid, "gid": gid, "additionalGids": app.get("supplementaryGIDs", [])},
        "capabilities": capabilities,
        "noNewPrivileges": bool(isolators.get("os/linux/no-new-privileges")),
    }


def _capabilities(isolators: Json, privileged: bool) -> list[str]:
    own = int(read("/proc/self/status").partition("CapPrm:")[2].split()[0], 16)
    numbers = {name: 1 << at for at, name in enumerate(ALL_CAPABILITIES)}
    chosen = list(ALL_CAPABILITIES if privileged else DEFAULT_CAPABILITIES)
    retain = isolators.get("os/linux/capabilities-retain-set")
    remove = isolators.get("os/linux/capabilities-remove-set")
    if retain:
        chosen = retain["set"]
    if remove:
        chosen = [one for one in chosen if one not in remove["set"]]
    return [one for one in chosen if own & numbers.get(one, 0)]


def _accounts(root: str, name: str) -> list[list[str]]:
    return [line.split(":") for line in read(f"{root}/etc/{name}").splitlines() if ":" in line]


def _ids(root: str, app: Json) -> tuple[int, int]:
    return _number(root, "passwd", app["user"]), _number(root, "group", app["group"])


def _number(root: str, file: str, name: str) -> int:
    if name.isdigit():
        return int(name)
    return next((int(line[2]) for line in _accounts(root, file) if line[0] == name), 0)


def _account(root: str, uid: int) -> tuple[str, str, str]:
    for line in _accounts(root, "passwd"):
        if line[2] == str(uid):
            return line[5], line[6], line[0]
    return "/", "/bin/sh", str(uid)


def _mounts(pod: PodPlace, entry: Json) -> list[tuple[str, str, bool]]:
    """Host path, path in the app, and whether it is read-only."""
    volumes = {one["name"]: one for one in pod.manifest.get("volumes", ())}
    found = []
    for name, target in (("resolv.conf", "/etc/resolv.conf"), ("hosts", "/etc/hosts")):
        if os.path.exists(pod.file(name)):
            found.append((pod.file(name), target, False))
    for mount in entry.get("mounts", ()):
        volume = mount.get("appVolume") or volumes[mount["volume"]]
        source = volume.get("source") or pod.file(f"volumes/{volume['name']}")
        if volume["kind"] == "empty":
            os.makedirs(source, exist_ok=True)
        found.append((source, mount["path"], bool(volume.get("readOnly"))))
    return found


def _bind(source: str, target: str, read_only: bool) -> Json:
    words = ["rbind", "ro" if read_only else "rw"]
    return {"destination": target, "type": "bind", "source": source, "options": words}


def write_bundle(folder: str, bundle: Json) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/config.json", "w") as file:
        file.write(text.dumps(bundle))
