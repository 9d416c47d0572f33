"""The programs this backend drives, their versions and build features.

Source: `crun --version`, `runc --version`, `conmon --version`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from runtimes.core import errors


@dataclass(frozen=True, slots=True)
class Program:
    """One installed program.

    Attributes:
        version: numbers only, e.g. ``(1, 8, 1)``; empty if its answer couldn't be read.
        features: what crun prints with a plus sign, e.g. ``SECCOMP``; empty for the others.
        libseccomp: the version runc names, else "".
    """

    path: Path
    version: tuple[int, ...] = ()
    features: frozenset[str] = frozenset()
    libseccomp: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version)) or 'of unknown version'}"


def find(name: str, search: str | None = None) -> Path | None:
    """Where `name` is installed: on PATH, or in the places PATH of a service often lacks."""
    everywhere = os.pathsep.join(
        (search or os.environ.get("PATH", os.defpath), "/usr/sbin:/sbin:/usr/bin:/usr/libexec")
    )
    found = shutil.which(name, path=everywhere)
    return None if found is None else Path(found)


def parse(path: Path, answer: str) -> Program:
    """Read what ``<path> --version`` printed."""
    version = re.search(r"\bversion\s+v?(\d+(?:\.\d+)*)", answer)
    libseccomp = re.search(r"^libseccomp:\s*(\S+)", answer, re.MULTILINE)
    return Program(
        path=path,
        version=tuple(map(int, version[1].split("."))) if version else (),
        features=frozenset(re.findall(r"(?:^|\s)\+(\w+)", answer)),
        libseccomp=libseccomp[1] if libseccomp else "",
    )


def describe(path: Path, cache_dir: Path | None = None) -> Program:
    """Ask a program for its version: once per process, and once per installation with a cache.

    `cache_dir` holds a small file, rewritten when the program's file changes; a damaged one is
    as good as none. Asking costs one exec, 3 to 5 ms.

    Raises:
        Unavailable: it can't be executed.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise errors.Unavailable(
            f"ask {path} for its version: {error.strerror}; is it installed?"
        ) from error
    return _describe(path, f"{stat.st_mtime_ns}-{stat.st_size}-{stat.st_ino}", cache_dir)


@cache
def _describe(path: Path, stamp: str, cache_dir: Path | None) -> Program:
    if cache_dir is None:
        return parse(path, _ask(path))
    record = cache_dir / f"{path.name}.version.json"
    known = _recall(record, path, stamp)
    if known is None:
        known = parse(path, _ask(path))
        _remember(record, known, stamp)
    return known


def _ask(path: Path) -> str:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise errors.Unavailable(f"run '{path} --version': {error}; reinstall it") from error
    return answer.stdout


def _recall(record: Path, path: Path, stamp: str) -> Program | None:
    try:
        known = json.loads(record.read_text())
        if (known["path"], known["stamp"]) != (str(path), stamp):
            return None
        features, version = frozenset(known["features"]), tuple(known["version"])
        return Program(path, version, features, known["libseccomp"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(record: Path, program: Program, stamp: str) -> None:
    known = asdict(program) | {
        "path": str(program.path),
        "features": sorted(program.features),
        "stamp": stamp,
    }
    fresh = record.with_name(f".{record.name}.{os.getpid()}")
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(known))
        fresh.replace(record)
    except OSError:
        fresh.unlink(missing_ok=True)
