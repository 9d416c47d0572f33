"""Network configurations as files of a directory.

Source: the CNI specification, section 1, and libcni's ConfFiles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIXES = (".conf", ".conflist", ".json")

_OLDEST_VERSION = "0.1.0"

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """A network: plugins that are run one after the other.

    Attributes:
        source: the file it was read from, for messages.
        plugins: each plugin's own settings, as they stand in the file.
    """

    source: str
    name: str
    cni_version: str
    plugins: tuple[JsonObject, ...]

    @property
    def needs_ip_ranges(self) -> bool:
        return any("ipRanges" in capabilities(plugin) for plugin in self.plugins)


def files(directory: Path) -> list[Path]:
    """List the files in the order in which they are tried; a missing directory has none."""
    try:
        found = [path for path in directory.iterdir() if path.suffix in SUFFIXES]
    except OSError:
        return []
    return sorted(path for path in found if path.is_file())


def parse(source: str, text: bytes) -> NetworkConfig:
    """Read one file: a list of plugins where it's called ``.conflist``, else a single one.

    Raises:
        InvalidArgument: it can't be used; the message says why.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _unusable(source, f"it isn't JSON: {error}") from error
    if not isinstance(content, dict):
        raise _unusable(source, "expected a JSON object")
    plugins = content.get("plugins") if source.endswith(".conflist") else [content]
    if not isinstance(plugins, list) or not plugins:
        raise _unusable(source, "expected 'plugins', a list with at least one plugin")
    for plugin in plugins:
        _check_plugin(source, plugin)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise _unusable(source, "it has no 'name'")
    version = content.get("cniVersion") or _OLDEST_VERSION
    return NetworkConfig(source, name, str(version), tuple(plugins))


def capabilities(plugin: Mapping[str, Any]) -> frozenset[str]:
    """List the capabilities that a plugin's settings switch on."""
    declared = plugin.get("capabilities")
    if not isinstance(declared, dict):
        return frozenset()
    return frozenset(name for name, supported in declared.items() if supported is True)


def version_number(version: str) -> tuple[int, ...]:
    """Make a version comparable; what isn't a number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _check_plugin(source: str, plugin: object) -> None:
    kind = plugin.get("type") if isinstance(plugin, dict) else None
    if not isinstance(kind, str) or not kind:
        raise _unusable(source, "a plugin has no 'type'; does the file want to be a .conflist?")
    if "/" in kind:
        raise _unusable(source, f"plugin type '{kind}' isn't a file name")


def _unusable(source: str, reason: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(f"read CNI configuration {source}: {reason}")
