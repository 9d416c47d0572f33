"""What the profile's tests work with; `docker_subject` comes from whoever runs them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import DockerBench, DockerRun
from runtimes.core import deadline
from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.docker.subject import DockerSubject

_TEST_DEADLINE = 45.0


@pytest.fixture(scope="session")
def contract_docker_run(docker_subject: DockerSubject) -> Iterator[DockerRun]:
    """The opened service; at the end no container of the suite may be left."""
    run_id = f"rtd-{secrets.token_hex(4)}"
    with docker_subject.open() as service:
        run = DockerRun(run_id, docker_subject, service)
        yield run
        options = ListOptions(all=True, filters={"label": [run.label]})
        left = [one["Names"] for one in service.list_containers(options)]
        assert not left, f"{docker_subject.name} left behind: {left}"


@pytest.fixture
def contract_docker(
    contract_docker_run: DockerRun, request: pytest.FixtureRequest
) -> Iterator[DockerBench]:
    """The workbench of one test."""
    reason = contract_docker_run.subject.why_it_fails(request.node.name)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    with DockerBench(contract_docker_run) as bench, deadline.within(_TEST_DEADLINE):
        yield bench
