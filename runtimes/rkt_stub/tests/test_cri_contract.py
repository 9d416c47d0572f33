"""The profile `cri` on `rkt app`."""

from __future__ import annotations

import pytest

from runtimes.contract.cri import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Known, Subject
from runtimes.contract.traces import mounts_below, processes_naming
from runtimes.core import configure, discovery
from runtimes.rkt_stub.tests.world import World, words_of

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
KNOWN: tuple[Known, ...] = ()


@pytest.fixture(scope="session")
def contract_subject(usable_world: World) -> Subject:
    backend = discovery.load("rktshim")
    folder = usable_world.folder
    words = {**words_of(usable_world), "root": str(folder / "shim")}
    options: object = configure.fill(backend.options, words)
    return Subject(
        name="rktshim",
        open=lambda: backend.open(options),
        claims=backend.capabilities,
        image=usable_world.image,
        registry=usable_world.image.partition("/")[0],
        known=KNOWN,
        traces=lambda: mounts_below(folder) | processes_naming(str(folder)),
    )
