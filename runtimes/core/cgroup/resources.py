"""What limits a cgroup, as the OCI writes it.

Source: runtime-spec config-linux.md (resources).
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class DeviceRule(TypedDict):
    allow: bool
    type: NotRequired[str]
    major: NotRequired[int]
    minor: NotRequired[int]
    access: str


class Cpu(TypedDict, total=False):
    shares: int
    quota: int
    period: int
    cpus: str
    mems: str


class Memory(TypedDict, total=False):
    limit: int
    swap: int
    reservation: int


class Pids(TypedDict):
    limit: int


class HugepageLimit(TypedDict):
    pageSize: str
    limit: int


class Resources(TypedDict, total=False):
    """What limits a cgroup; memory in bytes, -1 is unlimited; cpu quota and period in µs."""

    devices: list[DeviceRule]
    cpu: Cpu
    memory: Memory
    pids: Pids
    hugepageLimits: list[HugepageLimit]
    unified: dict[str, str]
