"""What of the profile `cri` outlives a crash, on `rkt app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract import suite
from runtimes.rkt_stub.tests.subject import shim_subject

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject
    from runtimes.rkt_stub.tests.world import World

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
globals().update(suite.tests_of("runtimes.contract.cri.recovery"))


@pytest.fixture(scope="session")
def contract_subject(usable_world: World) -> Subject:
    return shim_subject(usable_world)
