"""The profile `docker` on Podman's compatible socket."""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract import talk
from runtimes.contract.docker import *  # noqa: F403 - the tests of the profile
from runtimes.contract.docker import bench
from runtimes.contract.docker.podman import Podman
from runtimes.contract.docker.subject import DockerSubject
from runtimes.contract.engines.session import give_up
from runtimes.contract.subject import Known
from runtimes.contract.testimage.push import publish
from runtimes.core import errors, retry
from runtimes.docker_legacy.backend import EngineOptions, engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.docker.bench import DockerBench
    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_registry, pytest.mark.needs_root]

_ISSUES = "https://github.com/podman-container-tools/podman/issues"
_PULLS = "https://github.com/podman-container-tools/podman/pull"
_TEXT_ONLY = "Podman answers 500 or no code, with the reason in its text only"
_DETACHED = "Podman 4.3 says Running of a detached command for minutes after its end"
_MONITOR = "Podman's monitor of a command stays for five minutes after its end, in its group"
KNOWN = (
    Known(
        "test_start_container_without_such_a_program_is_an_invalid_argument",
        _TEXT_ONLY,
        "https://github.com/dajudge/kindcontainer/issues/352",
    ),
    Known(
        "test_start_exec_twice_is_refused", _TEXT_ONLY, "https://github.com/Yelp/paasta/pull/3740"
    ),
    Known(
        "test_pull_image_that_the_registry_lacks_is_image_not_found",
        _TEXT_ONLY,
        f"{_ISSUES}/15828",
    ),
    Known("test_pull_image_without_a_tag_means_latest", _TEXT_ONLY, f"{_ISSUES}/15828"),
    Known("test_inspect_exec_has_no_exit_code_while_it_runs", _DETACHED, f"{_PULLS}/18437"),
    Known("test_start_exec_detached_returns_at_once", _DETACHED, f"{_PULLS}/18437"),
    Known(
        "test_attach_session_connects_input_and_output_until_the_end",
        "Podman doesn't tell StdinOnce, so the input is left open",
        f"{_ISSUES}/20267",
    ),
    *(
        Known(promise, _MONITOR, f"{_ISSUES}/15377")
        for promise in ("docker.run.leaves_no_processes", "docker.run.leaves_no_control_groups")
    ),
    Known(
        "test_create_container_refuses_too_little_memory",
        "Podman asks the kernel at the start",
        f"{_ISSUES}/23351",
    ),
)
"""What differs in Podman 4.3 from Docker."""

_FIRST_ANSWER = 50.0
_NEVER = 2.0
"""Seconds to wait for what, as is known, never comes."""


@pytest.fixture(scope="session")
def docker_subject(runtimes_engines: EngineSession) -> Iterator[DockerSubject]:
    lacks = Podman.missing()
    if lacks or os.geteuid():
        give_up(f"Podman can't run: needs {', '.join(lacks) or 'root'}")
    registry = runtimes_engines.env("registry")["RUNTIMES_TEST_REGISTRY"]
    config = runtimes_engines.folder / "registry" / "open.yml"

    with tempfile.TemporaryDirectory(prefix="rt-podman-") as folder:
        podman = Podman(Path(folder), registry, config)
        with podman.running():
            options = EngineOptions(host=podman.host)
            wait_until_it_answers(options)
            yield DockerSubject(
                name="podman",
                open=lambda: engine.open(options),
                publish=partial(publish, registry),
                known=KNOWN,
            )


def wait_until_it_answers(options: EngineOptions) -> None:
    """Podman listens before it can answer; its first answer takes seconds on a busy host."""
    end = time.monotonic() + _FIRST_ANSWER
    while True:
        try:
            engine.open(options).close()
        except errors.BackendUnavailable:
            if time.monotonic() > end:
                raise
        else:
            return


@pytest.fixture(autouse=True)
def _what_never_comes_is_not_waited_for(
    docker_subject: DockerSubject, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if docker_subject.why_it_fails(request.node.name):
        monkeypatch.setattr(bench, "PATIENCE", _NEVER)
        monkeypatch.setattr(talk, "PATIENCE", _NEVER)


def test_start_container_that_ended_runs_it_again(contract_docker: DockerBench) -> None:
    """As the profile has it, but with time: Podman tidies up in a process of its own.

    Until that has ended, its runtime still has a container of that id.
    """
    container = contract_docker.sh("echo once")
    contract_docker.finish(container)

    policy = retry.Policy(attempts=100, longest=0.2)
    retry.retry(lambda: _start_when_tidied_up(contract_docker, container), policy)
    contract_docker.finish(container)

    assert contract_docker.log(container).out == "once\nonce\n"


def _start_when_tidied_up(bench: DockerBench, container: str) -> None:
    try:
        bench.docker.start_container(container)
    except errors.Internal as error:
        raise errors.Unavailable("Podman has not tidied up yet") from error
