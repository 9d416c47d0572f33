"""The OCI runtime spec as TypedDicts: JSON-ready, names as on the wire, only what we write.

Source: opencontainers/runtime-spec config.md and config-linux.md, 1.0.2 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from runtimes.core.cgroup.resources import Resources


class User(TypedDict):
    uid: int
    gid: int
    umask: NotRequired[int]
    additionalGids: NotRequired[list[int]]


class Capabilities(TypedDict):
    bounding: list[str]
    effective: list[str]
    inheritable: list[str]
    permitted: list[str]
    ambient: list[str]


class Rlimit(TypedDict):
    type: str
    soft: int
    hard: int


class ConsoleSize(TypedDict):
    height: int
    width: int


class Process(TypedDict):
    terminal: bool
    consoleSize: NotRequired[ConsoleSize]
    user: User
    args: list[str]
    env: list[str]
    cwd: str
    capabilities: Capabilities
    rlimits: NotRequired[list[Rlimit]]
    noNewPrivileges: bool
    apparmorProfile: NotRequired[str]
    selinuxLabel: NotRequired[str]
    oomScoreAdj: NotRequired[int]


class Root(TypedDict):
    path: str
    readonly: bool


class IdMapping(TypedDict):
    containerID: int
    hostID: int
    size: int


class Mount(TypedDict):
    destination: str
    type: str
    source: str
    options: list[str]
    uidMappings: NotRequired[list[IdMapping]]
    gidMappings: NotRequired[list[IdMapping]]


class Namespace(TypedDict):
    type: str
    path: NotRequired[str]


class Device(TypedDict):
    path: str
    type: str
    major: int
    minor: int
    fileMode: NotRequired[int]
    uid: NotRequired[int]
    gid: NotRequired[int]


class SyscallArg(TypedDict):
    index: int
    value: int
    valueTwo: NotRequired[int]
    op: str


class SyscallRule(TypedDict):
    names: list[str]
    action: str
    errnoRet: NotRequired[int]
    args: NotRequired[list[SyscallArg]]


class Seccomp(TypedDict):
    defaultAction: str
    defaultErrnoRet: NotRequired[int]
    architectures: NotRequired[list[str]]
    flags: NotRequired[list[str]]
    listenerPath: NotRequired[str]
    listenerMetadata: NotRequired[str]
    syscalls: NotRequired[list[SyscallRule]]


class Linux(TypedDict):
    namespaces: list[Namespace]
    resources: Resources
    cgroupsPath: str
    devices: NotRequired[list[Device]]
    maskedPaths: NotRequired[list[str]]
    readonlyPaths: NotRequired[list[str]]
    rootfsPropagation: NotRequired[str]
    seccomp: NotRequired[Seccomp]
    sysctl: NotRequired[dict[str, str]]
    mountLabel: NotRequired[str]
    uidMappings: NotRequired[list[IdMapping]]
    gidMappings: NotRequired[list[IdMapping]]


class Spec(TypedDict):
    """A bundle's config.json."""

    ociVersion: str
    process: Process
    root: Root
    hostname: NotRequired[str]
    mounts: list[Mount]
    annotations: NotRequired[dict[str, str]]
    linux: Linux
