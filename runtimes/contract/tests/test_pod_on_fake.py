"""The profile `pod` on the in-memory fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.pod import *  # noqa: F403 - the tests of the profile

if TYPE_CHECKING:
    from runtimes.contract.subject import Subject


@pytest.fixture(scope="session")
def contract_subject(fake_subject: Subject) -> Subject:
    return fake_subject
