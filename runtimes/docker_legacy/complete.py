"""Fill in what an Engine leaves out or answers as null, so that promised keys are there.

Older Engines lack keys, newer ones drop deprecated ones, Podman writes null for empty lists.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.docker_legacy.call import Answer, Call

NEVER = "0001-01-01T00:00:00Z"
CONTAINER_SUMMARY: dict[str, object] = {
    "Id": "", "Names": [], "Image": "", "ImageID": "", "Command": "", "Created": 0, "State": "",
    "Status": "", "Labels": {}, "Ports": [],
}  # fmt: skip
CONTAINER_STATE: dict[str, object] = {
    "Running": False, "Paused": False, "Restarting": False, "OOMKilled": False, "Dead": False,
    "Pid": 0, "ExitCode": 0, "Error": "", "StartedAt": NEVER, "FinishedAt": NEVER,
}  # fmt: skip
CONTAINER_INSPECT: dict[str, object] = {
    "Id": "", "Created": NEVER, "Name": "", "Path": "", "Args": [], "State": CONTAINER_STATE,
    "Image": "", "ResolvConfPath": "", "HostnamePath": "", "HostsPath": "", "LogPath": "",
    "RestartCount": 0, "Config": {}, "HostConfig": {}, "Mounts": [], "NetworkSettings": {},
}  # fmt: skip
CREATED: dict[str, object] = {"Id": "", "Warnings": []}
IMAGE_SUMMARY: dict[str, object] = {
    "Id": "", "ParentId": "", "RepoTags": None, "RepoDigests": None, "Created": 0, "Size": 0,
    "Labels": None,
}  # fmt: skip
IMAGE_INSPECT: dict[str, object] = {
    "Id": "", "RepoTags": [], "RepoDigests": [], "Parent": "", "Created": NEVER, "Config": {},
    "Architecture": "", "Os": "", "Size": 0,
}  # fmt: skip
IMAGE_HISTORY: dict[str, object] = {
    "Id": "", "Created": 0, "CreatedBy": "", "Size": 0, "Comment": "", "Tags": None,
}  # fmt: skip
EXEC_INSPECT: dict[str, object] = {"ID": "", "ContainerID": "", "Running": False, "ExitCode": None}
VERSION: dict[str, object] = {
    "Version": "", "ApiVersion": "", "GitCommit": "", "Os": "", "Arch": "",
}  # fmt: skip
INFO: dict[str, object] = {
    "ID": "", "Name": "", "ServerVersion": "", "Driver": "", "DriverStatus": [],
    "LoggingDriver": "", "DockerRootDir": "", "OperatingSystem": "", "KernelVersion": "",
    "NCPU": 0, "MemTotal": 0,
}  # fmt: skip


def docker_word(state: str) -> str:
    """Docker's word for a container's state; Podman says ``stopped`` before it has cleaned up."""
    return "exited" if state == "stopped" else state


def filled(value: Mapping[str, Any], defaults: Mapping[str, object]) -> dict[str, Any]:
    """A copy of `value` with `defaults`, also inside, where it has nothing or null."""
    result = dict(value)
    for key, default in defaults.items():
        found = result.get(key)
        if found is None:
            result[key] = deepcopy(default)
        elif isinstance(default, dict) and default and isinstance(found, dict):
            result[key] = filled(found, default)
    return result


def one(answer: Answer, call: Call, defaults: Mapping[str, object]) -> Any:  # noqa: ANN401 - the caller's TypedDict
    """Read an answer that is an object.

    Raises:
        Internal: it isn't.
    """
    value = answer.json(call)
    if not isinstance(value, dict):
        raise _misfit(call, value, "an object")
    return filled(value, defaults)


def several(answer: Answer, call: Call, defaults: Mapping[str, object]) -> Any:  # noqa: ANN401 - the caller's list
    """Read an answer that is a list of objects; null is an empty one.

    Raises:
        Internal: it isn't.
    """
    value = answer.json(call)
    items = [] if value is None else value
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _misfit(call, value, "a list of objects")
    return [filled(item, defaults) for item in items]


def _misfit(call: Call, value: object, wanted: str) -> errors.Internal:
    return errors.Internal(f"{call.what}: the Engine answers {str(value)[:80]!r}, not {wanted}")
