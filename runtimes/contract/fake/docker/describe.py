"""The Engine API's JSON of what the fake holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runtimes.contract.fake import images

if TYPE_CHECKING:
    from runtimes.contract.fake.docker.records import ContainerRecord, ExecRecord
    from runtimes.contract.fake.images import StoredImage
    from runtimes.core.docker.types import (
        ContainerInspect,
        ContainerState,
        ContainerSummary,
        ExecInspect,
        ImageHistory,
        ImageInspect,
        ImageSummary,
        Info,
        MountPoint,
        Version,
    )

NEVER = "0001-01-01T00:00:00Z"
ROOT = "/var/lib/fake-docker"
API_VERSION = "1.47"


def timestamp(at_ns: int) -> str:
    """RFC3339 with nanoseconds; 0 is never."""
    if not at_ns:
        return NEVER
    whole = datetime.fromtimestamp(at_ns // 10**9, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns % 10**9:09d}Z"


def summary(container: ContainerRecord) -> ContainerSummary:
    command = [*container.config.get("Entrypoint", []), *container.config.get("Cmd", [])]
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.config.get("Image", ""),
        "ImageID": container.image.id,
        "Command": " ".join(command),
        "Created": container.created_ns // 10**9,
        "State": container.status,
        "Status": container.status.capitalize(),
        "Labels": dict(container.config.get("Labels") or {}),
        "Ports": [],
    }


def inspected(container: ContainerRecord) -> ContainerInspect:
    folder = f"{ROOT}/containers/{container.id}"
    command = [*container.config.get("Entrypoint", []), *container.config.get("Cmd", [])]
    return {
        "Id": container.id,
        "Created": timestamp(container.created_ns),
        "Name": f"/{container.name}",
        "Path": command[0] if command else "",
        "Args": command[1:],
        "State": state(container),
        "Image": container.image.id,
        "ResolvConfPath": f"{folder}/resolv.conf",
        "HostnamePath": f"{folder}/hostname",
        "HostsPath": f"{folder}/hosts",
        "LogPath": f"{folder}/{container.id}-json.log",
        "RestartCount": 0,
        "Config": container.config,
        "HostConfig": container.host_config,
        "Mounts": [_mount(bind) for bind in container.host_config.get("Binds") or []],
        "NetworkSettings": {"IPAddress": "172.17.0.2" if container.running else ""},
    }


def state(container: ContainerRecord) -> ContainerState:
    return {
        "Status": container.status,
        "Running": container.running,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": container.pid,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": timestamp(container.started_ns),
        "FinishedAt": timestamp(container.finished_ns),
    }


def exec_inspected(record: ExecRecord) -> ExecInspect:
    return {
        "ID": record.id,
        "ContainerID": record.container.id,
        "Running": record.running,
        "ExitCode": record.exit_code,
        "Pid": record.pid,
    }


def image_summary(stored: StoredImage) -> ImageSummary:
    return {
        "Id": stored.id,
        "ParentId": "",
        "RepoTags": list(stored.tags),
        "RepoDigests": list(stored.digests),
        "Created": 0,
        "Size": stored.image.size,
        "Labels": None,
    }


def image_inspected(stored: StoredImage) -> ImageInspect:
    image = stored.image
    return {
        "Id": stored.id,
        "RepoTags": list(stored.tags),
        "RepoDigests": list(stored.digests),
        "Parent": "",
        "Created": "1970-01-01T00:00:00Z",
        "Config": {
            "Cmd": list(image.cmd),
            "Entrypoint": list(image.entrypoint),
            "Env": list(image.env),
            "User": image.user,
            "WorkingDir": image.workdir,
        },
        "Architecture": "amd64",
        "Os": "linux",
        "Size": image.size,
        "RootFS": {"Type": "layers", "Layers": [images.image_id(image)]},
    }


def history(stored: StoredImage) -> list[ImageHistory]:
    return [
        {
            "Id": stored.id,
            "Created": 0,
            "CreatedBy": "the fake Engine",
            "Size": stored.image.size,
            "Comment": "",
            "Tags": list(stored.tags),
        }
    ]


def version() -> Version:
    return {
        "Version": "27.0.0-fake",
        "ApiVersion": API_VERSION,
        "MinAPIVersion": "1.24",
        "GitCommit": "",
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": "0.0.0",
    }


def info() -> Info:
    return {
        "ID": "FAKE",
        "Name": "fake",
        "ServerVersion": "27.0.0-fake",
        "Driver": "memory",
        "DriverStatus": [],
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": "2",
        "DockerRootDir": ROOT,
        "OperatingSystem": "none",
        "KernelVersion": "0.0.0",
        "NCPU": 1,
        "MemTotal": 1 << 30,
    }


def _mount(bind: str) -> MountPoint:
    host, inside, *options = bind.split(":")
    mode = ",".join(options)
    return {
        "Type": "bind",
        "Source": host,
        "Destination": inside,
        "Mode": mode,
        "RW": "ro" not in mode.split(","),
    }
