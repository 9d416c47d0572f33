from __future__ import annotations

import inspect

from runtimes.core.docker.interface import DockerInterface

_CALLS_OF_KUBELET = {
    "ListContainers", "InspectContainer", "CreateContainer", "StartContainer", "StopContainer",
    "RemoveContainer", "InspectImage", "ListImages", "PullImage", "RemoveImage", "ImageHistory",
    "Logs", "Version", "Info", "CreateExec", "StartExec", "InspectExec", "AttachToContainer",
    "ResizeContainerTTY", "ResizeExecTTY",
}  # fmt: skip


def _camel(name: str) -> str:
    return name.title().replace("_", "").replace("Tty", "TTY")


def _calls() -> set[str]:
    members = inspect.getmembers(DockerInterface, callable)
    return {name for name, _ in members if not name.startswith("_")} - {"close"}


def test_the_interface_is_the_one_that_kubelet_had() -> None:
    assert {_camel(name) for name in _calls()} == _CALLS_OF_KUBELET


def test_each_call_is_documented() -> None:
    assert all(inspect.getdoc(getattr(DockerInterface, name)) for name in _calls())
