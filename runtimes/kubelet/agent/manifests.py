"""The manifests of one folder: which pods it wants, and what is wrong with its files.

Only ``.yaml``, ``.yml`` and ``.json`` count, and no file whose name begins with a dot or ends with
``~``; the folder isn't searched deeper. One bad file leaves the others alone, and keeps the pods
that its last good version asked for: a manifest that is being written stops nothing.

Source: kubelet pkg/kubelet/config/file.go.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.workloads import Deployment
from runtimes.kubelet import manifest
from runtimes.kubelet.workloads.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.kubelet.manifest.load import Validation

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MAX_BYTES = 10 * 1024 * 1024

Name = tuple[str, str]
"""A pod's namespace and name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One pod of the folder, and the name of its file."""

    pod: v1.Pod
    file: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What the folder holds.

    Attributes:
        objects: ConfigMaps and Secrets.
        files: every manifest's name, the bad ones included.
        problems: what is wrong, by file.
        readable: the folder itself could be read; if not, nothing is known of its pods.
    """

    pods: dict[Name, Wanted] = field(default_factory=dict)
    objects: tuple[v1.ConfigMap | v1.Secret, ...] = ()
    files: frozenset[str] = frozenset()
    problems: dict[str, str] = field(default_factory=dict)
    readable: bool = True


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it was read last; `mark` changes when the file does."""

    mark: tuple[int, int, int]
    pods: tuple[v1.Pod, ...] = ()
    objects: tuple[v1.ConfigMap | v1.Secret, ...] = ()
    problem: str = ""


class ManifestFolder:
    """Reads a folder again and again; only files that changed are parsed. For one thread.

    Args:
        validate: as `runtimes.kubelet.manifest.load`.
    """

    def __init__(self, path: Path, *, validate: Validation = "strict") -> None:
        self.path = path
        self._validate = validate
        self._files: dict[str, _File] = {}

    def scan(self) -> Scan:
        """Read what changed; never raises for what a file holds."""
        try:
            paths = sorted(path for path in self.path.iterdir() if is_manifest(path.name))
        except OSError as error:
            return Scan(problems={str(self.path): error.strerror or str(error)}, readable=False)
        read = {path.name: self._read(path) for path in paths}
        self._files = {name: file for name, file in read.items() if file is not None}
        return _merged(self._files)

    def _read(self, path: Path) -> _File | None:
        try:
            found = path.stat()
        except OSError as error:
            gone = isinstance(error, FileNotFoundError)  # or a dangling link
            return None if gone else _File((0, 0, 0), problem=error.strerror or str(error))
        mark = (found.st_ino, found.st_mtime_ns, found.st_size)
        before = self._files.get(path.name)
        if before is not None and before.mark == mark:
            return before
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return _File(mark, problem="it is no regular file of at most 10 MiB")
        try:
            return _loaded(mark, manifest.load(path, validate=self._validate))
        except errors.NotFound:
            return None
        except errors.Error as error:
            return _File(mark, problem=str(error))


def is_manifest(name: str) -> bool:
    """A name that counts: no backup, no file that an editor is writing."""
    hidden = name.startswith(".") or name.endswith("~")
    return not hidden and any(name.endswith(suffix) for suffix in SUFFIXES)


def _loaded(mark: tuple[int, int, int], found: Iterable[manifest.Manifest]) -> _File:
    pods: list[v1.Pod] = []
    objects: list[v1.ConfigMap | v1.Secret] = []
    for one in found:
        if isinstance(one.object, v1.Pod | Deployment):
            pods.extend(plan(one.object).pods)
        elif isinstance(one.object, v1.ConfigMap | v1.Secret):
            objects.append(one.object)
        else:
            name = one.object.metadata.name
            return _File(mark, problem=f"Job '{name}': the agent keeps pods, run a Job once")
    return _File(mark, tuple(pods), tuple(objects))


def _merged(files: dict[str, _File]) -> Scan:
    pods: dict[Name, Wanted] = {}
    objects: list[v1.ConfigMap | v1.Secret] = []
    problems = {name: file.problem for name, file in files.items() if file.problem}
    for name, file in files.items():
        objects.extend(file.objects)
        for pod in file.pods:
            key = (pod.metadata.namespace, pod.metadata.name)
            first = pods.setdefault(key, Wanted(pod, name))
            if first.file != name:
                problems[name] = f"pod {key[0]}/{key[1]} is in {first.file} already"
    return Scan(pods, tuple(objects), frozenset(files), problems)
