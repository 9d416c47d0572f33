"""The profile `recovery` on a real containerd of its own, which is killed and started again."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.cri.recovery.engine import *  # noqa: F403 - the tests of the file
from runtimes.contract.engines.session import EngineSession
from runtimes.contract.tests.conftest import subject_of_containerd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_containerd, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def contract_subject() -> Iterator[Subject]:
    with tempfile.TemporaryDirectory(prefix="rt-") as folder:
        engines = EngineSession(Path(folder))
        try:
            subject = subject_of_containerd(engines.env("containerd"))
            yield replace(subject, restart=lambda: engines.restart("containerd"))
        finally:
            engines.release()
