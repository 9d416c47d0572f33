"""The manifests of one folder: what it wants, and what is wrong with its files.

Only ``.yaml``, ``.yml`` and ``.json`` count, and no file whose name begins with a dot or ends with
``~``; the folder isn't searched deeper. One bad file leaves the others alone, and keeps the pods
that its last good version asked for: a manifest that is being written stops nothing.

Source: kubelet pkg/kubelet/config/file.go.
"""

from __future__ import annotations

import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet import manifest
from runtimes.kubelet.agent.unwritten import unwritten

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.kubelet.manifest.load import Validation

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MAX_BYTES = 10 * 1024 * 1024

_TICK_NS = 20_000_000
"""A file that changed so short a time ago may change again and show the same time."""

_Mark = tuple[int, int, int]
_AGAIN: _Mark = (0, 0, 0)
"""The mark of a file that is to be read again whatever it looks like."""

Name = tuple[str, str]
"""A pod's namespace and name."""

HasPods = v1.Pod | Deployment | Job
Object = HasPods | v1.ConfigMap | v1.Secret
ObjectT_co = TypeVar("ObjectT_co", bound=Object, covariant=True)


@dataclass(frozen=True, slots=True)
class Given(Generic[ObjectT_co]):
    """One object of the folder, the name of its file and its first line there."""

    object: ObjectT_co
    file: str
    line: int = 1

    @property
    def name(self) -> str:
        meta = self.object.metadata
        return f"{self.object.kind} '{meta.namespace}/{meta.name}'"


@dataclass(frozen=True, slots=True)
class Scan:
    """What the folder holds.

    Attributes:
        wanted: what has pods, in the order of files and lines.
        objects: ConfigMaps and Secrets.
        files: every manifest's name, the bad ones included.
        problems: what is wrong, by file; nothing of such a file is in the other lists.
        warnings: fields without effect, by file.
        readable: the folder itself could be read; if not, nothing is known of its pods.
    """

    wanted: tuple[Given[HasPods], ...] = ()
    objects: tuple[Given[v1.ConfigMap | v1.Secret], ...] = ()
    files: frozenset[str] = frozenset()
    problems: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    readable: bool = True


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it was read last; `mark` changes when the file does."""

    mark: _Mark
    given: tuple[Given[Object], ...] = ()
    problem: str = ""
    warning: str = ""


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
        except FileNotFoundError:  # gone meanwhile, or a dangling link
            return None
        except OSError as error:
            return _File(_AGAIN, problem=error.strerror or str(error))
        mark = (found.st_ino, found.st_mtime_ns, found.st_size)
        before = self._files.get(path.name)
        if before is not None and before.mark == mark:
            return before
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return _File(mark, problem="it is no regular file of at most 10 MiB")
        young = time.time_ns() - found.st_mtime_ns < _TICK_NS
        return self._load(_AGAIN if young else mark, path)

    def _load(self, mark: _Mark, path: Path) -> _File | None:
        try:
            with unwritten(path) as whole:
                if not whole:
                    return _File(_AGAIN, problem="somebody is writing it")
                return _loaded(mark, path.name, manifest.load(path, validate=self._validate))
        except (FileNotFoundError, errors.NotFound):
            return None
        except OSError as error:
            return _File(_AGAIN, problem=error.strerror or str(error))
        except errors.Error as error:
            return _File(mark, problem=str(error))


def is_manifest(name: str) -> bool:
    """A name that counts: no backup, no file that an editor is writing."""
    hidden = name.startswith(".") or name.endswith("~")
    return not hidden and any(name.endswith(suffix) for suffix in SUFFIXES)


def _loaded(mark: _Mark, name: str, found: Iterable[manifest.Manifest]) -> _File:
    found = list(found)
    warnings = [str(warning) for one in found for warning in one.warnings]
    given = tuple(Given(one.object, name, one.line) for one in found)
    return _File(mark, given, warning="\n".join(warnings))


def _merged(files: dict[str, _File]) -> Scan:
    problems = {name: file.problem for name, file in files.items() if file.problem}
    first: dict[tuple[str, Name], Given[Object]] = {}
    for one in (given for file in files.values() for given in file.given):
        meta = one.object.metadata
        before = first.setdefault((one.object.kind, (meta.namespace, meta.name)), one)
        if before is not one:  # within one file it is a mistake, which `load` tells
            problems[one.file] = given_twice(one, before)
    good = [one for one in first.values() if one.file not in problems]
    return Scan(
        tuple(Given(o, one.file, one.line) for one in good if isinstance(o := one.object, HasPods)),
        tuple(
            Given(o, one.file, one.line)
            for one in good
            if isinstance(o := one.object, v1.ConfigMap | v1.Secret)
        ),
        frozenset(files),
        problems,
        {name: file.warning for name, file in files.items() if file.warning},
    )


def given_twice(second: Given[Object], first: Given[Object]) -> str:
    return f"line {second.line}: {second.name} is in {first.file} already, on line {first.line}"
