"""Where pods are: a pod's state is the folder that it lies in, and whether somebody locked it.

<dir>/pods/{embryo,prepare,prepared,run,exited-garbage,garbage}/<uuid>/
    pod  pod-created  pod-started  ppid  first  net-info.json  gc-marked
    stage1/rootfs/rkt/status/<app>, <app>-created, <app>-started
    stage1/rootfs/opt/stage2/<app>/rootfs
"""

from __future__ import annotations

import fcntl
import os

from runtimes.rkt_stub.tests.standin import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Json: TypeAlias = dict[str, Any]

LISTED = ("run", "exited-garbage", "prepare", "prepared")
FOLDERS = ("embryo", *LISTED, "garbage")
STATES = {
    ("embryo", True): "embryo",
    ("embryo", False): "embryo",
    ("prepare", True): "preparing",
    ("prepare", False): "aborted prepare",
    ("prepared", True): "prepared",
    ("prepared", False): "prepared",
    ("run", True): "running",
    ("run", False): "exited",
    ("exited-garbage", True): "exited deleting",
    ("exited-garbage", False): "exited garbage",
    ("garbage", True): "deleting",
    ("garbage", False): "garbage",
}


class Failed(Exception):
    """What ends the command with a line on stderr."""

    def __init__(self, message: str, code: int = 254) -> None:
        super().__init__(message)
        self.code = code


class PodPlace:
    """One pod's folder, which moves as the pod's life goes on."""

    def __init__(self, root: str, stage: str, uuid: str) -> None:
        self.root, self.stage, self.uuid = root, stage, uuid

    @property
    def path(self) -> str:
        return f"{self.root}/pods/{self.stage}/{self.uuid}"

    def file(self, name: str) -> str:
        return f"{self.path}/{name}"

    def app_status(self, name: str) -> str:
        return f"{self.path}/stage1/rootfs/rkt/status/{name}"

    def app_root(self, app: str) -> str:
        return f"{self.path}/stage1/rootfs/opt/stage2/{app}/rootfs"

    def move(self, stage: str) -> None:
        target = PodPlace(self.root, stage, self.uuid)
        os.makedirs(os.path.dirname(target.path), exist_ok=True)
        os.rename(self.path, target.path)
        self.stage = stage

    def locked(self) -> bool:
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def lock(self) -> int:
        descriptor = os.open(self.path, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    @property
    def state(self) -> str:
        return STATES[self.stage, self.locked()]

    @property
    def manifest(self) -> Json:
        with open(self.file("pod")) as file:
            found: Json = text.loads(file.read())
        return found

    def crun(self, *words: str) -> list[str]:
        return ["crun", f"--root={self.root}/crun", "--cgroup-manager=disabled", *words]

    @property
    def mutable(self) -> bool:
        return os.path.exists(self.file("mutable"))


def mtime_ns(path: str) -> int:
    """0 when there is no such file."""
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0


def touch(path: str, content: str = "") -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, content)


def write(path: str, content: str) -> None:
    """Replace a file as a whole."""
    with open(f"{path}.tmp", "w") as file:
        file.write(content)
    os.rename(f"{path}.tmp", path)


def remove_tree(path: str) -> None:
    for folder, folders, files in os.walk(path, topdown=False):
        for name in files:
            os.unlink(f"{folder}/{name}")
        for name in folders:
            inner = f"{folder}/{name}"
            (os.unlink if os.path.islink(inner) else os.rmdir)(inner)
    os.rmdir(path)


def read(path: str, default: str = "") -> str:
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return default


def read_json(path: str, default: object = None) -> Any:
    """A file that the stand-in wrote."""
    found = read(path)
    return text.loads(found) if found else default


def pods(root: str, stages: tuple[str, ...] = LISTED) -> list[PodPlace]:
    found = []
    for stage in stages:
        try:
            names = os.listdir(f"{root}/pods/{stage}")
        except FileNotFoundError:
            continue
        found += [PodPlace(root, stage, name) for name in sorted(names)]
    return found


def find(root: str, prefix: str) -> PodPlace:
    """The pod that an unambiguous prefix names.

    Raises:
        Failed: none, or several.
    """
    found = [pod for pod in pods(root, FOLDERS) if pod.uuid.startswith(prefix)]
    if not found:
        raise Failed(f'no matches found for "{prefix}"')
    if len(found) > 1:
        raise Failed(f"multiple matches found for {prefix!r}")
    return found[0]
