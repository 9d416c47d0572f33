"""The Docker Engine API's own JSON, as far as a node agent reads or writes it.

Keys are the wire's. Answers may hold more keys than are named here; what an old Engine leaves out
is `NotRequired`. Times are RFC3339 texts, ``0001-01-01T00:00:00Z`` when not reached.

Source: Docker Engine API 1.24 to 1.47, as dockertools and dockershim used it.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Port(TypedDict):
    PrivatePort: int
    PublicPort: NotRequired[int]
    Type: str
    IP: NotRequired[str]


class ContainerSummary(TypedDict):
    """One of `list_containers`; names begin with a slash, `Created` is in seconds."""

    Id: str
    Names: list[str]
    Image: str
    ImageID: str
    Command: str
    Created: int
    State: str
    Status: str
    Labels: dict[str, str]
    Ports: list[Port]
    SizeRw: NotRequired[int]


class ContainerState(TypedDict):
    Status: NotRequired[str]
    Running: bool
    Paused: bool
    Restarting: bool
    OOMKilled: bool
    Dead: bool
    Pid: int
    ExitCode: int
    Error: str
    StartedAt: str
    FinishedAt: str


class PortBinding(TypedDict):
    HostIp: str
    HostPort: str


class Ulimit(TypedDict):
    Name: str
    Soft: int
    Hard: int


class DeviceMapping(TypedDict):
    PathOnHost: str
    PathInContainer: str
    CgroupPermissions: str


class LogConfig(TypedDict):
    Type: str
    Config: dict[str, str]


class MountPoint(TypedDict):
    Type: NotRequired[str]
    Source: str
    Destination: str
    Mode: str
    RW: bool
    Propagation: NotRequired[str]


class BindOptions(TypedDict, total=False):
    """From API 1.44 on read-only mounts are recursively so, unless `ReadOnlyNonRecursive`."""

    Propagation: str
    CreateMountpoint: bool
    ReadOnlyNonRecursive: bool
    ReadOnlyForceRecursive: bool


class DriverConfig(TypedDict):
    Name: str
    Options: dict[str, str]


class VolumeOptions(TypedDict, total=False):
    """`NoCopy` leaves a new volume as its driver made it."""

    NoCopy: bool
    DriverConfig: DriverConfig


class ImageOptions(TypedDict, total=False):
    """Since API 1.48."""

    Subpath: str


class MountRequest(TypedDict, total=False):
    """A mount to make, spelt out; a `HostConfig.Binds` entry is its short form.

    `Type` is ``bind``, ``volume`` (without `Source` one that goes with the container) or, since API
    1.48, ``image``.
    """

    Type: str
    Source: str
    Target: str
    ReadOnly: bool
    BindOptions: BindOptions
    VolumeOptions: VolumeOptions
    ImageOptions: ImageOptions


class Healthcheck(TypedDict):
    """`Test` is ``["NONE"]`` to switch the image's off."""

    Test: list[str]


class RestartPolicy(TypedDict):
    Name: str


class ContainerConfig(TypedDict, total=False):
    """What belongs to the container wherever it runs; environment as ``NAME=value``."""

    Hostname: str
    User: str
    AttachStdin: bool
    AttachStdout: bool
    AttachStderr: bool
    ExposedPorts: dict[str, dict[str, str]]
    Tty: bool
    OpenStdin: bool
    StdinOnce: bool
    Env: list[str]
    Cmd: list[str]
    Entrypoint: list[str]
    Image: str
    Labels: dict[str, str]
    Volumes: dict[str, dict[str, str]]
    WorkingDir: str
    StopSignal: str
    Healthcheck: Healthcheck


class HostConfig(TypedDict, total=False):
    """What belongs to this host; sizes in bytes, CPU times in microseconds."""

    Binds: list[str]
    Mounts: list[MountRequest]
    RestartPolicy: RestartPolicy
    DeviceCgroupRules: list[str]
    NetworkMode: str
    PidMode: str
    IpcMode: str
    UTSMode: str
    PortBindings: dict[str, list[PortBinding]]
    Privileged: bool
    ReadonlyRootfs: bool
    CapAdd: list[str]
    CapDrop: list[str]
    GroupAdd: list[str]
    SecurityOpt: list[str]
    Sysctls: dict[str, str]
    Dns: list[str]
    DnsSearch: list[str]
    DnsOptions: list[str]
    ExtraHosts: list[str]
    Devices: list[DeviceMapping]
    Ulimits: list[Ulimit]
    LogConfig: LogConfig
    Runtime: str
    ShmSize: int
    CgroupParent: str
    CpuShares: int
    CpuQuota: int
    CpuPeriod: int
    CpusetCpus: str
    CpusetMems: str
    Memory: int
    MemorySwap: int
    PidsLimit: int
    OomScoreAdj: int
    MaskedPaths: list[str]
    ReadonlyPaths: list[str]


class EndpointSettings(TypedDict, total=False):
    IPAddress: str
    GlobalIPv6Address: str
    Gateway: str
    MacAddress: str
    NetworkID: str


class NetworkSettings(TypedDict, total=False):
    IPAddress: str
    GlobalIPv6Address: str
    SandboxKey: str
    Ports: dict[str, list[PortBinding] | None]
    Networks: dict[str, EndpointSettings]


class GraphDriver(TypedDict):
    """Where a storage driver keeps a layer, e.g. `Data["UpperDir"]` of overlay2."""

    Name: str
    Data: dict[str, str] | None


class ContainerInspect(TypedDict):
    """The answer of `inspect_container`; `Name` begins with a slash."""

    Id: str
    Created: str
    Name: str
    Path: str
    Args: list[str]
    State: ContainerState
    Image: str
    ResolvConfPath: str
    HostnamePath: str
    HostsPath: str
    LogPath: str
    RestartCount: int
    Config: ContainerConfig
    HostConfig: HostConfig
    Mounts: list[MountPoint]
    NetworkSettings: NetworkSettings
    GraphDriver: NotRequired[GraphDriver]
    SizeRw: NotRequired[int]
    SizeRootFs: NotRequired[int]


class CreateResponse(TypedDict):
    Id: str
    Warnings: list[str]


class ImageSummary(TypedDict):
    """One of `list_images`; untagged ones have None or ``<none>:<none>``."""

    Id: str
    ParentId: str
    RepoTags: list[str] | None
    RepoDigests: list[str] | None
    Created: int
    Size: int
    Labels: dict[str, str] | None


class RootFS(TypedDict):
    Type: str
    Layers: NotRequired[list[str]]


class ImageInspect(TypedDict):
    Id: str
    RepoTags: list[str]
    RepoDigests: list[str]
    Parent: str
    Created: str
    Config: ContainerConfig
    Architecture: str
    Os: str
    Size: int
    RootFS: NotRequired[RootFS]
    GraphDriver: NotRequired[GraphDriver]


class ImageDelete(TypedDict, total=False):
    """One step of `remove_image`: a tag taken off, or an image gone."""

    Untagged: str
    Deleted: str


class ImageHistory(TypedDict):
    Id: str
    Created: int
    CreatedBy: str
    Size: int
    Comment: str
    Tags: list[str] | None


class Version(TypedDict):
    Version: str
    ApiVersion: str
    MinAPIVersion: NotRequired[str]
    GitCommit: str
    Os: str
    Arch: str
    KernelVersion: NotRequired[str]


class Info(TypedDict):
    """The answer of `info`; `DriverStatus` is a list of pairs."""

    ID: str
    Name: str
    ServerVersion: str
    Driver: str
    DriverStatus: list[list[str]]
    LoggingDriver: str
    CgroupDriver: NotRequired[str]
    CgroupVersion: NotRequired[str]
    DockerRootDir: str
    SecurityOptions: NotRequired[list[str]]
    OperatingSystem: str
    KernelVersion: str
    NCPU: int
    MemTotal: int
    Runtimes: NotRequired[dict[str, dict[str, object]]]
    DefaultRuntime: NotRequired[str]


class UpdateConfig(TypedDict, total=False):
    """What can be changed of a container's limits, as in `HostConfig`."""

    CpuShares: int
    CpuQuota: int
    CpuPeriod: int
    CpusetCpus: str
    CpusetMems: str
    Memory: int
    MemorySwap: int
    PidsLimit: int


class Actor(TypedDict):
    """What an event is about: its id, and its labels and name among the attributes."""

    ID: str
    Attributes: dict[str, str]


class Event(TypedDict):
    """One event, e.g. `Type` ``container``, `Action` ``die``; `time` is seconds since the epoch."""

    Type: str
    Action: str
    Actor: Actor
    time: int
    timeNano: int
    scope: NotRequired[str]


class ExecConfig(TypedDict, total=False):
    Cmd: list[str]
    Env: list[str]
    User: str
    WorkingDir: str
    Privileged: bool
    Tty: bool
    AttachStdin: bool
    AttachStdout: bool
    AttachStderr: bool
    ConsoleSize: list[int]
    """Height and width; older Engines than API 1.42 don't look at it."""


class ExecInspect(TypedDict):
    """The answer of `inspect_exec`; `ExitCode` is None while it runs."""

    ID: str
    ContainerID: str
    Running: bool
    ExitCode: int | None
    Pid: NotRequired[int]


class AuthConfig(TypedDict, total=False):
    username: str
    password: str
    identitytoken: str
    registrytoken: str
    serveraddress: str
