"""The profile `cri` on the in-memory fake."""

from __future__ import annotations

import pytest

from runtimes.contract.cri import *  # noqa: F403 - the tests of the profile
from runtimes.contract.fake.backend import backend
from runtimes.contract.subject import Subject


@pytest.fixture(scope="session")
def contract_subject() -> Subject:
    return Subject(name="fake", open=backend.open, claims=backend.capabilities)
