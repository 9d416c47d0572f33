"""The images themselves.

`busybox` has a shell, applets, and the users and groups below; `pause` sleeps and reaps.
"""

from __future__ import annotations

import platform
import struct
import subprocess
from functools import cache
from pathlib import Path

from runtimes.contract.testimage.layout import BuiltImage, Entry, ImageConfig, build

REPOSITORY = "localhost/runtimes-test"
BUSYBOX = f"{REPOSITORY}/busybox:1"
PAUSE = f"{REPOSITORY}/pause:1"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLACES = (Path("/bin/busybox"), Path("/usr/bin/busybox"))

PASSWD = b"""\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
app:x:1000:1000:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
GROUP = b"""\
root:x:0:
daemon:x:1:
app:x:1000:
extra:x:50000:app
nogroup:x:65534:
"""
FOLDERS = (
    "bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sbin", "sys", "usr",
    "usr/bin", "var", "var/tmp",
)  # fmt: skip
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_PT_INTERP = 3


class Missing(Exception):
    """Something that the host must have; the message says what, and how to get it."""


def busybox(
    name: str = BUSYBOX, config: ImageConfig | None = None, extra: tuple[Entry, ...] = ()
) -> BuiltImage:
    """A busybox image, with further files in it.

    Raises:
        Missing: the host has no static busybox.
    """
    settings = config or ImageConfig(cmd=("sh",), env=(PATH,))
    return build(name, [*_base(), *extra], settings, architecture())


def pause() -> BuiltImage:
    """What sandboxes of engines with a pause container run.

    Raises:
        Missing: the host has no static busybox.
    """
    script = "trap 'exit 0' TERM INT; while :; do sleep 1000000 & wait; done"
    return busybox(PAUSE, ImageConfig(entrypoint=("/bin/sh", "-c", script), env=(PATH,)))


def architecture() -> str:
    """In Go's words."""
    return _MACHINES.get(platform.machine(), platform.machine())


@cache
def _base() -> list[Entry]:
    program, applets = _program()
    links = [
        Entry(f"bin/{applet}", link="busybox", mode=0o777)
        for applet in applets
        if applet != "busybox"
    ]
    return [
        *(Entry(folder) for folder in FOLDERS),
        Entry("home/app", uid=1000),
        Entry("tmp", mode=0o1777),
        Entry("etc/passwd", PASSWD, 0o644),
        Entry("etc/group", GROUP, 0o644),
        Entry("bin/busybox", program, 0o755),
        *links,
    ]


def _program() -> tuple[bytes, list[str]]:
    for path in PLACES:
        if path.is_file() and not _needs_libraries(program := path.read_bytes()):
            listed = subprocess.run([path, "--list"], capture_output=True, check=True, text=True)
            return program, sorted(set(listed.stdout.split()))
    raise Missing("a static busybox at /bin/busybox (apt-get install busybox-static)")


def _needs_libraries(elf: bytes) -> bool:
    """Whether a 64-bit ELF file names a dynamic linker."""
    if elf[:5] != b"\x7fELF\x02":
        return True
    (offset,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    kinds = [struct.unpack_from("<I", elf, offset + size * at)[0] for at in range(count)]
    return _PT_INTERP in kinds
