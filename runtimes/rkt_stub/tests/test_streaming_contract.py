"""The profile `streaming` on `rkt app`, in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.streaming import *  # noqa: F403 - the tests of the profile
from runtimes.rkt_stub.tests.subject import shim_subject

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject
    from runtimes.rkt_stub.tests.world import World

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]


@pytest.fixture(scope="session")
def contract_subject(usable_world: World) -> Subject:
    return shim_subject(usable_world)
