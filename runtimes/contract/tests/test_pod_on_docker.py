"""The profile `pod` straight on a real Docker Engine, without any CRI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.pod import *  # noqa: F403 - the tests of the profile

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def contract_subject(docker_subject_of_pods: Subject) -> Subject:
    return docker_subject_of_pods
