"""Which subject a test is about, from the fixtures that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.bench import Run
from runtimes.contract.docker.bench import DockerRun
from runtimes.contract.pod_bench import PodRun
from runtimes.contract.report.model import Subject
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping


def certified(fixtures: Mapping[str, object], known: Mapping[str, Subject]) -> Subject | None:
    """The subject, with its engine as it names itself; None when it hasn't been opened."""
    for run in fixtures.values():
        if isinstance(run, (Run, PodRun, DockerRun)):
            name = run.subject.name
            return known[name] if name in known else _described(run)
    return None


def _described(run: Run | PodRun | DockerRun) -> Subject:
    try:
        engine = _engine(run)
    except errors.Error as error:
        engine = f"unknown: {error}"
    claims = () if isinstance(run, DockerRun) else sorted(run.subject.claims)
    return Subject(
        name=run.subject.name, kind=_kind(run), engine=engine, capabilities=tuple(claims)
    )


def _kind(run: Run | PodRun | DockerRun) -> str:
    if isinstance(run, DockerRun):
        return "docker"
    return "cri" if run.subject.open_pods is None else "pod"


def _engine(run: Run | PodRun | DockerRun) -> str:
    if isinstance(run, DockerRun):
        told = run.service.version()
        return f"{run.subject.name} {told['Version']}, API {told['ApiVersion']}"
    if isinstance(run, PodRun):
        version = run.runtime.version()
        return f"{version.name} {version.version}"
    answer = run.service.version()
    return f"{answer.runtime_name} {answer.runtime_version}"
