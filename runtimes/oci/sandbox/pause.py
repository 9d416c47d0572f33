"""The init of a pod's shared pid namespace: it does nothing but collect its dead children.

It is a container of the runtime like any other, with an empty read-only root file system, no
capabilities and an unprivileged user, since the pod's containers can look into it through /proc.
The program is 170 bytes: ignore SIGCHLD, which makes the kernel reap, then pause for ever. Init
of a pid namespace can't be killed from inside.

Source: kubernetes/kubernetes build/pause/linux/pause.c for the task.
"""

from __future__ import annotations

import json
import shutil
import struct
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import kill as cgroup_kill
from runtimes.core.cgroup import paths as cgroup_paths
from runtimes.core.cgroup import tree
from runtimes.core.host.process import Process, wait_gone
from runtimes.oci.monitor import cgroup as monitor_cgroup
from runtimes.oci.monitor.monitor import CreateRequest
from runtimes.oci.runtime.release import release
from runtimes.oci.sandbox import namespaces
from runtimes.oci.state import stragglers

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import SandboxRecord

USER = 65535
_KILL_SECONDS = 10.0

_X86_64 = bytes.fromhex(
    "6a01"  # push 1                sa_handler = SIG_IGN, pushed last of the struct
    "5a"  # pop rdx
    "31c0"  # xor eax, eax
    "505050"  # push rax x3         sa_flags, sa_restorer, sa_mask = 0
    "52"  # push rdx
    "6a11"  # push 17               SIGCHLD
    "5f"  # pop rdi
    "4889e6"  # mov rsi, rsp        the new action
    "31d2"  # xor edx, edx          no old action
    "6a08"  # push 8
    "415a"  # pop r10               size of the mask
    "6a0d"  # push 13               rt_sigaction
    "58"  # pop rax
    "0f05"  # syscall
    "6a22"  # push 34               pause
    "58"  # pop rax
    "0f05"  # syscall
    "ebf9"  # jmp -7                back to push 34
)
_BASE = 0x400000
_EM_X86_64 = 62


def program(machine: str) -> bytes:
    """The pause program as a static ELF file.

    Raises:
        Unimplemented: there is none for this machine.
    """
    if machine != "x86_64":
        raise errors.Unimplemented(
            f"share a pid namespace in a pod: there is no pause program for {machine} yet"
        )
    header, segment = 64, 56
    size = header + segment + len(_X86_64)
    elf = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        *(2, _EM_X86_64, 1, _BASE + header + segment, header, 0, 0, header, segment, 1, 0, 0, 0),
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return elf + load + _X86_64


def start(engine: Engine, record: SandboxRecord, kinds: tuple[str, ...]) -> Process:
    """Start a pod's init and pin its pid namespace.

    Raises: as `runtimes.oci.monitor.monitor.Monitor.create`.
    """
    bundle = _bundle(engine, record.id)
    _write_bundle(engine, record, bundle, kinds)
    with engine.runtime.creating() as argv:
        created = engine.monitor.create(
            CreateRequest(
                container_id=record.id, bundle=bundle, runtime=argv, exit_dir=engine.paths.exits
            )
        )
    release(engine.runtime, record.id, created.process)
    monitor_cgroup.move(engine.cgroups, created.monitor.pid)
    pin = engine.paths.pin(record.id, "pid")
    pin.touch(mode=0o400)
    namespaces.pin(f"/proc/{created.process.pid}/ns/pid", pin)
    return created.process


def _bundle(engine: Engine, sandbox_id: str) -> Path:
    return engine.paths.pins(sandbox_id) / "pause"


def _write_bundle(
    engine: Engine, record: SandboxRecord, bundle: Path, kinds: tuple[str, ...]
) -> None:
    rootfs = bundle / "rootfs"
    for needed in ("dev", "proc"):
        (rootfs / needed).mkdir(parents=True)
    (rootfs / "pause").write_bytes(program(engine.facts.machine))
    (rootfs / "pause").chmod(0o555)
    pins = engine.paths.pins(record.id)
    cgroup = cgroup_paths.container_path(record.cgroup_parent, record.id)
    spec = specification({_OCI_NAMES[kind]: str(pins / kind) for kind in kinds}, cgroup)
    (bundle / "config.json").write_text(json.dumps(spec))


_OCI_NAMES = {"net": "network", "ipc": "ipc", "uts": "uts"}


def specification(joined: dict[str, str], cgroup: str) -> dict[str, object]:
    """The OCI spec of the pause container; `joined`: namespace type -> pin. Pure."""
    nothing: list[str] = []
    own = [{"type": "pid"}, {"type": "mount"}]
    kinds = ("bounding", "effective", "inheritable", "permitted", "ambient")
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": USER, "gid": USER},
            "args": ["/pause"],
            "env": ["PATH=/"],
            "cwd": "/",
            "capabilities": dict.fromkeys(kinds, nothing),
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "mounts": [_mount("proc", "proc"), _mount("dev", "tmpfs")],
        "linux": {
            "namespaces": own + [{"type": kind, "path": path} for kind, path in joined.items()],
            "cgroupsPath": cgroup,
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        },
    }


def _mount(name: str, kind: str) -> dict[str, object]:
    options = ["nosuid", "noexec"]
    return {"destination": f"/{name}", "type": kind, "source": kind, "options": options}


def kill(engine: Engine, record: SandboxRecord) -> None:
    """End the pod's init and, with its pid namespace, whatever is left in it. Idempotent."""
    if not _bundle(engine, record.id).exists():
        return
    if record.pause is not None:
        record.pause.kill()
        wait_gone([record.pause], _KILL_SECONDS)
    else:
        stragglers.kill(record.id)
    cgroup = cgroup_paths.container_path(record.cgroup_parent, record.id)
    if tree.processes(engine.cgroups, cgroup):
        cgroup_kill.kill_all(engine.cgroups, cgroup)


def forget(engine: Engine, record: SandboxRecord) -> None:
    """Remove what is left of it. Idempotent."""
    cgroup = cgroup_paths.container_path(record.cgroup_parent, record.id)
    tree.remove(engine.cgroups, cgroup)
    engine.runtime.forget(record.id)
    engine.paths.exit_file(record.id).unlink(missing_ok=True)
    shutil.rmtree(_bundle(engine, record.id), ignore_errors=True)
