"""The profile `streaming` on a real containerd, over its streaming server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.streaming import *  # noqa: F403 - the tests of the profile

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_containerd, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def contract_subject(containerd_subject: Subject) -> Subject:
    return containerd_subject
