"""The profile `cri` on `rkt app`; what outlives a crash is in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract import suite
from runtimes.rkt_stub.tests.subject import shim_subject

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject
    from runtimes.rkt_stub.tests.world import World

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
ELSEWHERE = suite.tests_of("runtimes.contract.cri.recovery")
ALL = suite.tests_of("runtimes.contract.cri")
globals().update({name: test for name, test in ALL.items() if name not in ELSEWHERE})


@pytest.fixture(scope="session")
def contract_subject(usable_world: World) -> Subject:
    return shim_subject(usable_world)
