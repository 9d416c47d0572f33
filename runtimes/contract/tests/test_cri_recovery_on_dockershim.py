"""What of the profile `cri` outlives a crash, on Docker Engine, in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract import suite

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
globals().update(suite.tests_of("runtimes.contract.cri.recovery"))


@pytest.fixture(scope="session")
def contract_subject(dockershim_subject: Subject) -> Subject:
    return dockershim_subject
