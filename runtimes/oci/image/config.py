"""The OCI image configuration: what an image says about how to run it.

Source: OCI image-spec config.md; Docker's image spec v1.2 adds Healthcheck, Shell and OnBuild.
"""

from __future__ import annotations

import json
from typing import TypedDict, cast

from runtimes.core import errors


class RunDefaults(TypedDict, total=False):
    """The `config` object, with Docker's spelling; a missing or null field is left out."""

    User: str
    ExposedPorts: dict[str, dict[str, object]]
    Env: list[str]
    Entrypoint: list[str]
    Cmd: list[str]
    Volumes: dict[str, dict[str, object]]
    WorkingDir: str
    Labels: dict[str, str]
    StopSignal: str
    Shell: list[str]


class RootFs(TypedDict):
    type: str
    diff_ids: list[str]


class ImageConfig(TypedDict, total=False):
    """`config`, `rootfs`, `architecture` and `os` are always there after `parse`."""

    created: str
    author: str
    architecture: str
    variant: str
    os: str
    config: RunDefaults
    rootfs: RootFs


_STRINGS = ("User", "WorkingDir", "StopSignal")
_LISTS = ("Env", "Entrypoint", "Cmd", "Shell")
_OBJECTS = ("ExposedPorts", "Volumes", "Labels")
_DIGEST_LENGTH = len("sha256:") + 64


def parse(data: bytes, *, what: str) -> ImageConfig:
    """Read a configuration that may come from anyone; unknown fields are dropped.

    Raises:
        InvalidArgument: it is no image configuration; the message starts with `what`.
    """
    try:
        raw = json.loads(data)
    except ValueError as error:
        raise errors.InvalidArgument(f"{what}: its configuration is no JSON: {error}") from error
    if not isinstance(raw, dict):
        raise errors.InvalidArgument(f"{what}: its configuration is no JSON object")
    config: ImageConfig = {
        "architecture": _string(raw.get("architecture")),
        "os": _string(raw.get("os")) or "linux",
        "config": _run_defaults(raw.get("config") or {}, what),
        "rootfs": {"type": "layers", "diff_ids": _diff_ids(raw.get("rootfs"), what)},
    }
    if raw.get("variant"):
        config["variant"] = _string(raw["variant"])
    if raw.get("created"):
        config["created"] = _string(raw["created"])
    if raw.get("author"):
        config["author"] = _string(raw["author"])
    return config


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _run_defaults(raw: object, what: str) -> RunDefaults:
    if not isinstance(raw, dict):
        raise errors.InvalidArgument(f"{what}: the 'config' of its configuration is no object")
    kept: dict[str, object] = {}
    for names, fits in ((_STRINGS, _is_string), (_LISTS, _is_list), (_OBJECTS, _is_object)):
        for name in names:
            value = raw.get(name)
            if value in (None, "", [], {}):
                continue
            if not fits(value):
                raise errors.InvalidArgument(f"{what}: its 'config.{name}' has the wrong type")
            kept[name] = value
    labels = kept.get("Labels", {})
    if not isinstance(labels, dict) or not all(isinstance(text, str) for text in labels.values()):
        raise errors.InvalidArgument(f"{what}: its 'config.Labels' has the wrong type")
    return cast("RunDefaults", kept)


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _diff_ids(rootfs: object, what: str) -> list[str]:
    ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if ids is None:
        ids = []
    if not isinstance(ids, list) or not all(_is_diff_id(item) for item in ids):
        raise errors.InvalidArgument(f"{what}: its 'rootfs.diff_ids' is no list of sha256 digests")
    return ids


def _is_diff_id(value: object) -> bool:
    return isinstance(value, str) and value.startswith("sha256:") and len(value) == _DIGEST_LENGTH
