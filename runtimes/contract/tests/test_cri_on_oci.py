"""The profile `cri` on the embedded backend, in process, with nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.cri import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Known, Subject
from runtimes.contract.traces import mounts_below, processes_naming
from runtimes.core import configure, discovery

if TYPE_CHECKING:
    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root]

KNOWN: tuple[Known, ...] = ()


@pytest.fixture(scope="session")
def contract_subject(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Subject:
    backend = discovery.load("oci")
    root = tmp_path_factory.mktemp("oci")
    words = {"root": str(root / "root"), "run_root": str(root / "run"), "bridge": "rtcontract0"}
    options: object = configure.fill(backend.options, words)
    lacks_registry = runtimes_engines.problem("registry")
    registry = {} if lacks_registry else runtimes_engines.env("registry")
    return Subject(
        name="oci",
        open=lambda: backend.open(options),
        claims=backend.capabilities,
        registry=registry.get("RUNTIMES_TEST_REGISTRY", ""),
        known=KNOWN,
        traces=lambda: mounts_below(root) | processes_naming(str(root)),
    )
