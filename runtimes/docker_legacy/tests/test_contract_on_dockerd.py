"""The profile `docker` on a real Docker Engine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker import *  # noqa: F403 - the tests of the profile
from runtimes.contract.docker.subject import DockerSubject
from runtimes.contract.testimage.push import publish
from runtimes.docker_legacy.backend import EngineOptions, engine

if TYPE_CHECKING:
    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def docker_subject(runtimes_engines: EngineSession) -> DockerSubject:
    env = runtimes_engines.env("dockerd")
    registry = runtimes_engines.env("registry")["RUNTIMES_TEST_REGISTRY"]

    options = EngineOptions(host=env["RUNTIMES_TEST_DOCKER_HOST"])
    return DockerSubject(
        name="dockerd", open=lambda: engine.open(options), publish=partial(publish, registry)
    )
