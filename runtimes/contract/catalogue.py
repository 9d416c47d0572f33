"""Every test of the suite: its stable id, its profile and level, and why it is there.

An id is the test's module below `runtimes.contract` and its name, e.g.
``cri.container.stop.stop_container_that_is_absent_succeeds``; a case adds ``[parameter]``.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtimes.contract import suite
from runtimes.contract.leaks.watch import PROMISES
from runtimes.contract.requires import MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.capability import Capability

_ROOT = "runtimes.contract."
_RUN = "run"
_PROFILES = (
    ("cri.stats", "stats"),
    ("cri.runtime.events", "events"),
    ("cri.container.security", "security"),
    ("cri.container.user", "security"),
    ("cri.recovery", "recovery"),
    ("pod.recovery", "recovery"),
)
"""Subjects of the CRI that are profiles of their own; else a profile is a package."""

_RPCS = {
    "cri.container.logs": "ReopenContainerLog",
    "cri.container.update": "UpdateContainerResources",
    "cri.container.exec_sync": "ExecSync",
    "cri.container.exec": "Exec",
    "cri.container.attach": "Attach",
    "cri.container.list": "ListContainers",
    "cri.container.status": "ContainerStatus",
    "cri.container.mounts": "CreateContainer",
    "cri.container.process": "CreateContainer",
    "cri.container.resources": "CreateContainer",
    "cri.container.security": "CreateContainer",
    "cri.container.user": "CreateContainer",
    "cri.image.fs_info": "ImageFsInfo",
    "cri.image.list": "ListImages",
    "cri.image.status": "ImageStatus",
    "cri.runtime.config": "RuntimeConfig",
    "cri.runtime.events": "GetContainerEvents",
    "cri.runtime.status": "Status",
    "cri.runtime.version": "Version",
    "cri.sandbox.list": "ListPodSandbox",
    "cri.sandbox.namespaces": "RunPodSandbox",
    "cri.sandbox.network": "RunPodSandbox",
    "cri.sandbox.port_forward": "PortForward",
    "cri.sandbox.status": "PodSandboxStatus",
    "cri.sandbox.update": "UpdatePodSandboxResources",
    "cri.stats.container": "ContainerStats",
    "cri.stats.metrics": "ListMetricDescriptors",
    "cri.stats.sandbox": "PodSandboxStats",
}
"""Modules whose RPC isn't verb and noun of their path."""
_NOUNS = {"container": "Container", "sandbox": "PodSandbox", "image": "Image"}
_CITATION = re.compile(r"^Source: (?P<text>.+)$", re.MULTILINE)


class Level(StrEnum):
    CORE = "core"  # every backend of the kind
    EXTENDED = "extended"  # only who claims the capability


@dataclass(frozen=True, slots=True)
class Entry:
    """One test.

    Attributes:
        module: below `runtimes.contract`, e.g. ``cri.container.stop``.
        requires: what a backend claims that must pass it; empty for level core.
        rpc: the call that it is about; empty for pods and for what isn't an RPC.
    """

    module: str
    function: Callable[..., object]
    profile: str
    requires: tuple[Capability, ...]
    rpc: str

    @property
    def id(self) -> str:
        return f"{self.module}.{self.function.__name__.removeprefix(suite.PREFIX)}"

    @property
    def is_promise(self) -> bool:
        """Whether it is looked at when a run ends, and not a test that can be run."""
        return self.module.partition(".")[2] == _RUN

    @property
    def level(self) -> Level:
        return Level.EXTENDED if self.requires else Level.CORE

    @property
    def sentence(self) -> str:
        """What it holds, in words."""
        return self.function.__name__.removeprefix(suite.PREFIX).replace("_", " ")


@cache
def catalogue() -> dict[str, Entry]:
    """Every test by its id, in the order of the files."""
    entries = [
        entry_of(function)
        for package in suite.PACKAGES
        for function in suite.tests_of(package).values()
    ]
    return {entry.id: entry for entry in (*entries, *_promises())}


def promise_id(package: str, name: str) -> str:
    """The id of what every run of a package promises, e.g. ``cri.run.leaves_no_mounts``."""
    return f"{package}.{_RUN}.{name}"


def _promises() -> list[Entry]:
    packages = [profile.rpartition(".")[2] for profile in suite.PACKAGES]
    return [
        Entry(f"{package}.{_RUN}", promise, package, (), "")
        for package in packages
        for promise in PROMISES
    ]


def profiles() -> list[str]:
    return list(dict.fromkeys(entry.profile for entry in catalogue().values()))


def explain(entry: Entry) -> str:
    """What a test holds, whom, what it rests on, and where to read it."""
    lines = [entry.id, "", f"Holds that: {entry.sentence}."]
    if entry.function.__doc__:
        lines += ["", inspect.cleandoc(entry.function.__doc__)]
    claims = ", ".join(entry.requires)
    whom = f"backends that claim {claims}" if claims else "every backend of its kind"
    lines += ["", f"Profile {entry.profile}, level {entry.level}: for {whom}."]
    lines += _spec(entry)
    path = inspect.getsourcefile(entry.function) or ""
    lines += ["", f"The test itself: {path}:{inspect.getsourcelines(entry.function)[1]}"]
    return "\n".join(lines)


def specification(entry: Entry) -> str:
    """One line: which line of which specification the test comes from."""
    if entry.rpc:
        line, text = _proto_line(entry.rpc)
        return f"CRI runtime.v1, runtimes/core/cri/v1/api.proto:{line}: {text}"
    found = _CITATION.search(inspect.getdoc(inspect.getmodule(entry.function)) or "")
    return found["text"] if found else _DEFAULT_SOURCE[entry.module.partition(".")[0]]


_DEFAULT_SOURCE = {
    "cri": "runtimes.core.cri.services: what a CRI service promises beyond its RPCs",
    "docker": "runtimes.core.docker.interface, after kubelet 1.4 dockertools/docker.go",
    "pod": "Kubernetes: Pod Lifecycle, and kubelet's SyncPod",
    "streaming": "runtimes.core.streaming.session, after kubelet's streaming server",
}


def _spec(entry: Entry) -> list[str]:
    lines = ["", f"Comes from: {specification(entry)}"]
    if entry.rpc and (doc := _promise(entry.rpc)):
        lines += ["", f"What {entry.rpc} promises (runtimes.core.cri.services):", ""]
        lines += [f"    {line}".rstrip() for line in doc.splitlines()]
    return lines


def entry_of(function: Callable[..., Any]) -> Entry:
    """The entry of a collected test."""
    module = function.__module__.removeprefix(_ROOT)
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == MARK]
    requires = tuple(dict.fromkeys(one for mark in marks for one in mark.args))
    return Entry(module, function, _profile(module), requires, _rpc(module))


def _profile(module: str) -> str:
    special = (name for prefix, name in _PROFILES if f"{module}.".startswith(f"{prefix}."))
    return next(special, module.partition(".")[0])


def _rpc(module: str) -> str:
    if module in _RPCS:
        return _RPCS[module]
    package, _, rest = module.partition(".")
    noun, _, verb = rest.partition(".")
    if package != "cri" or noun not in _NOUNS:
        return ""
    name = f"{verb.title()}{_NOUNS[noun]}"
    return name if name in _rpc_lines() else ""


def _promise(rpc: str) -> str:
    from runtimes.core.cri.services import CriService

    name = re.sub(r"(?<!^)(?=[A-Z])", "_", rpc).lower()
    return inspect.getdoc(getattr(CriService, name, None)) or ""


def _proto_line(rpc: str) -> tuple[int, str]:
    return _rpc_lines()[rpc]


@cache
def _rpc_lines() -> dict[str, tuple[int, str]]:
    """Where each RPC stands in the schema."""
    from runtimes.core.cri import v1

    text = Path(v1.__file__).with_name("api.proto").read_text()
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*rpc (\w+)\s*\(", line):
            found[match[1]] = (number, line.strip())
    return found
