"""What was read from block devices and written to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from runtimes.core.metrics.family import COUNTER, Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.files import Files

_DEVICE = ("device",)
READ_BYTES = Family("container_fs_reads_bytes_total", "Bytes read from devices.", COUNTER, _DEVICE)
WRITTEN_BYTES = Family(
    "container_fs_writes_bytes_total", "Bytes written to devices.", COUNTER, _DEVICE
)
READS = Family("container_fs_reads_total", "Reads from devices.", COUNTER, _DEVICE)
WRITES = Family("container_fs_writes_total", "Writes to devices.", COUNTER, _DEVICE)
USAGE = Family(
    "container_blkio_device_usage_total",
    "Bytes that went to and from devices.",
    COUNTER,
    ("device", "major", "minor", "operation"),
)
FAMILIES = (READ_BYTES, WRITTEN_BYTES, READS, WRITES, USAGE)
_FAMILY_OF = {
    "rbytes": READ_BYTES,
    "wbytes": WRITTEN_BYTES,
    "rios": READS,
    "wios": WRITES,
}
_OPERATIONS = {"rbytes": "Read", "wbytes": "Write"}
_V1 = {
    ("blkio.throttle.io_service_bytes_recursive", "Read"): "rbytes",
    ("blkio.throttle.io_service_bytes_recursive", "Write"): "wbytes",
    ("blkio.throttle.io_serviced_recursive", "Read"): "rios",
    ("blkio.throttle.io_serviced_recursive", "Write"): "wios",
}
Count: TypeAlias = tuple[str, str, int]
"""A device's ``major:minor``, what is counted as io.stat calls it, and how many."""


def samples(files: Files) -> Iterator[Sample]:
    """What the cgroup's io controller tells; nothing of devices that it never used."""
    for device, key, value in _v2(files) if files.is_v2 else _v1(files):
        name = name_of(device)
        yield Sample(_FAMILY_OF[key], value, (name,))
        if key in _OPERATIONS:
            yield Sample(USAGE, value, (name, *device.split(":"), _OPERATIONS[key]))


def name_of(device: str, root: Path = Path("/")) -> str:
    """``/dev/sda1`` for ``8:1``; the numbers themselves where no such device is known."""
    try:
        return f"/dev/{(root / 'sys/dev/block' / device).readlink().name}"
    except OSError:
        return device


def _v2(files: Files) -> Iterator[Count]:
    for line in (files.text("io", "io.stat") or "").splitlines():
        device, *words = line.split()
        for key, _, value in (word.partition("=") for word in words):
            if key in _FAMILY_OF:
                yield device, key, int(value)


def _v1(files: Files) -> Iterator[Count]:
    for (name, operation), key in _V1.items():
        for line in (files.text("blkio", name) or "").splitlines():
            words = line.split()
            if len(words) == 3 and words[1] == operation:
                yield words[0], key, int(words[2])
