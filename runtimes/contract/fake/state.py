"""The fake's records as a JSON file, so that several processes see the same pods."""

from __future__ import annotations

import base64
import fcntl
import json
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from runtimes.contract.fake.images import FakeImage, StoredImage
from runtimes.contract.fake.records import ContainerRecord, SandboxRecord
from runtimes.contract.fake.shell.machine import Entry, Journal
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.contract.fake.world import World

Document = dict[str, object]


class StateFile:
    """Locked against other processes while an RPC looks at it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = ""

    @contextmanager
    def locked(self, world: World) -> Iterator[None]:
        """Load what others wrote into `world`; save what changed at the end."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(self._path.suffix + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            text = self._path.read_text() if self._path.exists() else ""
            if text != self._text:
                load(world, text)
                self._text = text
            try:
                yield
            finally:
                self._save(dump(world))

    def _save(self, text: str) -> None:
        if text == self._text:
            return
        temporary = self._path.with_suffix(self._path.suffix + ".new")
        temporary.write_text(text)
        temporary.replace(self._path)
        self._text = text


def dump(world: World) -> str:
    return json.dumps(
        {
            "pod_cidr": world.pod_cidr,
            "addresses": world.addresses,
            "images": [
                {
                    "id": one.id,
                    "image": _image(one.image),
                    "tags": one.tags,
                    "digests": one.digests,
                }
                for one in world.images.values()
            ],
            "sandboxes": [_sandbox(one) for one in world.sandboxes.values()],
            "containers": [_container(one) for one in world.containers.values()],
        },
        indent=1,
    )


def load(world: World, text: str) -> None:
    """Replace the world's records; its processes are built anew from them when needed."""
    data = json.loads(text or "{}")
    world.pod_cidr = data.get("pod_cidr", world.pod_cidr)
    world.addresses = data.get("addresses", world.addresses)
    world.processes.clear()
    world.images = {
        one["id"]: StoredImage(one["id"], _to_image(one["image"]), one["tags"], one["digests"])
        for one in data.get("images", [])
    }
    world.sandboxes = {one["id"]: _to_sandbox(one) for one in data.get("sandboxes", [])}
    world.containers = {one["id"]: _to_container(one) for one in data.get("containers", [])}


def _sandbox(record: SandboxRecord) -> Document:
    return {
        "id": record.id,
        "config": _encode(record.config.SerializeToString()),
        "handler": record.handler,
        "created_ns": record.created_ns,
        "ready": record.ready,
        "ips": record.ips,
    }


def _to_sandbox(data: dict[str, object]) -> SandboxRecord:
    fields = dict(data)
    fields["config"] = cri.PodSandboxConfig.FromString(_decode(fields["config"]))
    fields["ips"] = tuple(fields["ips"])  # type: ignore[arg-type]  # a JSON list
    return SandboxRecord(**fields)  # type: ignore[arg-type]  # written by _sandbox


def _container(record: ContainerRecord) -> Document:
    return {
        "id": record.id,
        "sandbox_id": record.sandbox_id,
        "config": _encode(record.config.SerializeToString()),
        "image_id": record.image_id,
        "image": _image(record.image),
        "created_ns": record.created_ns,
        "started_ns": record.started_ns,
        "finished_ns": record.finished_ns,
        "exit_code": record.exit_code,
        "reason": record.reason,
        "message": record.message,
        "signals": record.signals,
        "journals": {
            number: [[entry.status, _encode(entry.output)] for entry in journal.entries]
            for number, journal in record.journals.items()
        },
        "layer": {
            path: None if content is None else _encode(content)
            for path, content in record.layer.items()
        },
    }


def _to_container(data: dict[str, object]) -> ContainerRecord:
    fields = dict(data)
    fields["config"] = cri.ContainerConfig.FromString(_decode(fields["config"]))
    fields["image"] = _to_image(fields["image"])
    fields["signals"] = [(at_ns, number) for at_ns, number in fields["signals"]]  # type: ignore[attr-defined]
    fields["journals"] = {
        int(number): Journal([Entry(status, _decode(output)) for status, output in entries])
        for number, entries in fields["journals"].items()  # type: ignore[attr-defined]
    }
    fields["layer"] = {
        path: None if content is None else _decode(content)
        for path, content in fields["layer"].items()  # type: ignore[attr-defined]
    }
    return ContainerRecord(**fields)  # type: ignore[arg-type]


def _image(image: FakeImage) -> Document:
    fields = asdict(image)
    fields["files"] = {path: _encode(content) for path, content in image.files.items()}
    return fields


def _to_image(data: object) -> FakeImage:
    fields = dict(data)  # type: ignore[call-overload]
    fields["files"] = {path: _decode(content) for path, content in fields["files"].items()}
    for name in ("entrypoint", "cmd", "env"):
        fields[name] = tuple(fields[name])
    return FakeImage(**fields)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: object) -> bytes:
    return base64.b64decode(str(text))
