"""The configuration file: which backend, and each backend's options.

    backend = "oci"

    [backends.oci]
    root = "/srv/containers"

    [kubelet]
    cluster_dns = ["10.96.0.10"]

It is the first of: the one asked for, ``$RUNTIMES_CONFIG``, ``runtimes/config.toml`` in
``$XDG_CONFIG_HOME`` (``~/.config``), ``/etc/runtimes/config.toml``. Files aren't merged.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "RUNTIMES_CONFIG"
SYSTEM = Path("/etc/runtimes/config.toml")


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says.

    Attributes:
        path: None when there is no file.
        backend: empty when it doesn't choose one.
        backends: options by backend, as TOML has them; `runtimes.core.configure.fill` checks them.
        kubelet: settings of the node, in the same way.
    """

    path: Path | None = None
    backend: str = ""
    backends: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    kubelet: Mapping[str, object] = field(default_factory=dict)


def read_config(path: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration file, or give an empty one when there is none.

    Raises:
        NotFound: `path`, or the one of ``RUNTIMES_CONFIG``, doesn't exist.
        InvalidArgument: it isn't TOML, or says something unknown.
    """
    found = _find(path, os.environ if environ is None else environ)
    return Config() if found is None else _parse(found)


def _find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    asked = path or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if asked is not None:
        if not asked.is_file():
            raise errors.NotFound(f"read configuration '{asked}': there is no such file")
        return asked
    home = Path(environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())
    places = (home / "runtimes" / "config.toml", SYSTEM)
    return next((place for place in places if place.is_file()), None)


def _parse(path: Path) -> Config:
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _invalid(path, str(error)) from error
    except OSError as error:
        raise errors.PermissionDenied(f"read configuration '{path}': {error.strerror}") from error
    unknown = sorted(data.keys() - {"backend", "backends", "kubelet"})
    if unknown:
        raise _invalid(path, f"unknown key '{unknown[0]}'; known are backend, backends, kubelet")
    backend, backends = data.get("backend", ""), data.get("backends", {})
    kubelet = data.get("kubelet", {})
    if not isinstance(backend, str):
        raise _invalid(path, 'backend must be a text such as "oci"')
    if not isinstance(backends, dict) or not all(isinstance(t, dict) for t in backends.values()):
        raise _invalid(path, "backends must hold tables such as [backends.oci]")
    if not isinstance(kubelet, dict):
        raise _invalid(path, "kubelet must be a table: [kubelet]")
    return Config(path, backend, backends, kubelet)


def _invalid(path: Path, why: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(f"read configuration '{path}': {why}")
