"""Device nodes of a container, and which devices its cgroup lets it use.

Source: CRI Device; runtime-spec config-linux.md (devices, allowed device list).
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.resources import DeviceRule
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Device

HARMLESS = (
    (1, 3),  # null
    (1, 5),  # zero
    (1, 7),  # full
    (1, 8),  # random
    (1, 9),  # urandom
    (5, 0),  # tty
    (5, 1),  # console
    (5, 2),  # ptmx
    (136, -1),  # pts/*
)
"""Character devices that every container has; -1 is any minor number."""


@dataclass(frozen=True, slots=True)
class DevicePlan:
    devices: list[Device]
    rules: list[DeviceRule]


def plan(request: SpecRequest) -> DevicePlan:
    """Nodes to make and rules to set; the privileged get every device of the host.

    Raises:
        InvalidArgument: a device that isn't there, or permissions other than r, w and m.
        Unimplemented: CDI devices.
    """
    if request.config.CDI_devices:
        raise errors.Unimplemented(
            f"CDI_devices {[device.name for device in request.config.CDI_devices]}: this backend "
            "doesn't read CDI specs yet; name the device files under devices"
        )
    if request.privileged:
        nodes = {device["path"]: device for device in request.files.all_devices()}
        nodes.update({device["path"]: device for device, _ in _asked(request)})
        return DevicePlan(list(nodes.values()), [{"allow": True, "access": "rwm"}])
    asked = list(_asked(request))
    return DevicePlan([device for device, _ in asked], [*_base_rules(), *_rules(asked)])


def _asked(request: SpecRequest) -> Iterator[tuple[Device, str]]:
    for wanted in request.config.devices:
        access = _permissions(wanted)
        inside = posixpath.normpath(wanted.container_path or wanted.host_path)
        for device in request.files.devices(wanted.host_path):
            below = posixpath.relpath(device["path"], posixpath.normpath(wanted.host_path))
            path = inside if below == "." else posixpath.join(inside, below)
            yield {**device, "path": path}, access


def _permissions(wanted: cri.Device) -> str:
    access = wanted.permissions or "rwm"
    if not set(access) <= set("rwm"):
        raise errors.InvalidArgument(
            f"devices: permissions {access!r} of {wanted.host_path} may only have r, w and m"
        )
    return access


def _base_rules() -> Iterator[DeviceRule]:
    """Nothing, but making nodes, and using the harmless ones."""
    yield {"allow": False, "access": "rwm"}
    yield {"allow": True, "type": "c", "access": "m"}
    yield {"allow": True, "type": "b", "access": "m"}
    for major, minor in HARMLESS:
        rule: DeviceRule = {"allow": True, "type": "c", "major": major, "access": "rwm"}
        if minor >= 0:
            rule["minor"] = minor
        yield rule


def _rules(asked: list[tuple[Device, str]]) -> Iterator[DeviceRule]:
    for device, access in asked:
        yield {
            "allow": True,
            "type": device["type"],
            "major": device["major"],
            "minor": device["minor"],
            "access": access,
        }
