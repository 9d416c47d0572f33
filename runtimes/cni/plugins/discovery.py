"""Which network is the pods': the first usable file, read again when it changes."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from runtimes.cni.plugins import config, execute
from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cni.plugins.config import NetworkConfig

_UNINITIALIZED = "cni config uninitialized"
_VERSION_TIMEOUT = 10.0

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The chosen network, or why there is none.

    Attributes:
        reasons: why files that come earlier were passed over.
    """

    network: NetworkConfig | None
    reasons: tuple[str, ...] = ()

    @property
    def obstacle(self) -> str | None:
        if self.network is not None:
            return None
        return f"{_UNINITIALIZED}: {'; '.join(self.reasons)}"


class Discovery:
    """Looks into one directory; safe for threads."""

    def __init__(self, conf_dir: Path, bin_dirs: tuple[Path, ...]) -> None:
        self._conf_dir = conf_dir
        self._bin_dirs = bin_dirs
        self._lock = threading.Lock()
        self._signature: Signature | None = None
        self._found = Found(None)

    def look(self) -> Found:
        """Tell the network of now; the files are read only when one has changed.

        While there is none, everything is tried again: a plugin may have been installed.
        """
        paths = config.files(self._conf_dir)
        signature = _signature(paths)
        with self._lock:
            if self._found.network is None or signature != self._signature:
                self._found = choose(paths, self._conf_dir, self._bin_dirs)
                self._signature = signature
            return self._found


def choose(paths: list[Path], conf_dir: Path, bin_dirs: tuple[Path, ...]) -> Found:
    """Take the first file that parses and whose plugins all exist and speak its version."""
    reasons: list[str] = []
    for path in paths:
        try:
            network = config.parse(str(path), path.read_bytes())
            _check_plugins(network, bin_dirs)
        except (OSError, errors.Error) as error:
            reasons.append(str(error))
        else:
            return Found(network, tuple(reasons))
    endings = ", ".join(config.SUFFIXES)
    return Found(None, tuple(reasons) or (f"no {endings} file is in {conf_dir}",))


def binary(kind: str, bin_dirs: tuple[Path, ...]) -> Path:
    """Look a plugin up.

    Raises:
        FailedPrecondition: it isn't installed.
    """
    found = execute.find(kind, bin_dirs)
    if found is None:
        places = ", ".join(map(str, bin_dirs))
        raise errors.FailedPrecondition(f"no CNI plugin '{kind}' is in {places}; install it there")
    return found


def _check_plugins(network: NetworkConfig, bin_dirs: tuple[Path, ...]) -> None:
    for plugin in network.plugins:
        path = _existing(network.source, plugin["type"], bin_dirs)
        state = path.stat()
        spoken = _versions(path, state.st_mtime_ns, state.st_size)
        if network.cni_version not in spoken:
            raise errors.FailedPrecondition(
                f"read CNI configuration {network.source}: plugin {path} speaks versions "
                f"{', '.join(spoken)} and not {network.cni_version}"
            )


def _existing(source: str, kind: str, bin_dirs: tuple[Path, ...]) -> Path:
    try:
        return binary(kind, bin_dirs)
    except errors.FailedPrecondition as error:
        raise errors.FailedPrecondition(f"read CNI configuration {source}: {error}") from error


@lru_cache(maxsize=256)
def _versions(path: Path, _mtime_ns: int, _size: int) -> tuple[str, ...]:
    """Ask a plugin for the versions that it speaks, once for each installed file."""
    call = execute.Call("VERSION", "", "", "", "", (path.parent,))
    what = f"ask CNI plugin {path} for its versions"
    with deadline.within(_VERSION_TIMEOUT):
        answer = execute.run(path, call, {"cniVersion": "1.0.0"}, what)
    if isinstance(answer, execute.PluginFailure):
        raise answer.error(what)
    spoken = answer.get("supportedVersions")
    return tuple(map(str, spoken)) if isinstance(spoken, list) else ("0.1.0",)


def _signature(paths: list[Path]) -> Signature:
    found: list[tuple[str, int, int]] = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # removed since it was listed
            state = path.stat()
            found.append((path.name, state.st_mtime_ns, state.st_size))
    return tuple(found)
