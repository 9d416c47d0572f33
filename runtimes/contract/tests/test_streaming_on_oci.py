"""The profile `streaming` on the embedded backend, in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.streaming import *  # noqa: F403 - the tests of the profile

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def contract_subject(oci_subject: Subject) -> Subject:
    return oci_subject
