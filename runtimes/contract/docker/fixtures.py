"""The fixtures of the profile `docker`; `docker_subject` is overridden where others know better."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.backends import filled
from runtimes.contract.settings import known_failures, named_backend, transcript_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.docker.bench import DockerBench, DockerRun
    from runtimes.contract.docker.subject import DockerSubject

_TEST_DEADLINE = 45.0


@pytest.fixture(scope="session")
def docker_subject(pytestconfig: pytest.Config) -> DockerSubject:
    """What is certified; override it to certify an Engine from its own repository."""
    from runtimes.contract.docker.subject import DockerSubject
    from runtimes.contract.testimage.push import publish
    from runtimes.core import discovery
    from runtimes.core.backend import Kind

    named = named_backend(pytestconfig, "docker_subject")
    backend = discovery.load(named.name, [Kind.DOCKER])
    registry = pytestconfig.getoption("--runtimes-registry")
    return DockerSubject(
        name=named.name,
        open=partial(backend.open, filled(backend, named.words)),
        image=pytestconfig.getoption("--runtimes-image"),
        publish=partial(publish, registry) if registry else None,
        known=known_failures(pytestconfig),
    )


# Of a module and not of the session: another module may have another subject.
@pytest.fixture(scope="module")
def contract_docker_run(
    docker_subject: DockerSubject,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[DockerRun]:
    """The opened service; at the end, nothing may be left."""
    from runtimes.contract.docker.bench import DockerRun
    from runtimes.contract.leaks.watch import Watch

    run_id = f"rtd-{secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp(run_id, numbered=False)
    transcript = transcript_of(pytestconfig)
    watch = Watch(docker_subject, run_id, folder, transcript.made)
    with watch.no_leaks(), transcript.wrap(docker_subject.open()) as service:
        run = DockerRun(run_id, docker_subject, service)
        yield run
        run.close()


@pytest.fixture
def contract_docker(
    contract_docker_run: DockerRun, request: pytest.FixtureRequest
) -> Iterator[DockerBench]:
    """The workbench of one test."""
    from runtimes.contract.docker.bench import DockerBench
    from runtimes.core import deadline

    reason = contract_docker_run.subject.why_it_fails(request.node.name)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    with DockerBench(contract_docker_run) as bench, deadline.within(_TEST_DEADLINE):
        yield bench
