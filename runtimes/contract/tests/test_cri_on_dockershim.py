"""The profile `cri` on Docker Engine, in process, with no mount left behind.

What outlives a crash is in a file of its own, so that two workers share the profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract import suite

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
ELSEWHERE = suite.tests_of("runtimes.contract.cri.recovery")
ALL = suite.tests_of("runtimes.contract.cri")
globals().update({name: test for name, test in ALL.items() if name not in ELSEWHERE})


@pytest.fixture(scope="session")
def contract_subject(dockershim_subject: Subject) -> Subject:
    return dockershim_subject
