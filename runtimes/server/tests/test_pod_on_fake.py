"""The profile `pod` through the server: kubelet, the backend `cri`, a socket, the fake."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.fake.backend import FakeOptions
from runtimes.contract.fake.backend import backend as fake
from runtimes.contract.pod import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Subject
from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core.capability import Capability
from runtimes.server.tests.process import Server
from runtimes.server.tests.served import import_busybox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def contract_subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    folder = tmp_path_factory.mktemp("served-pods")
    state = folder / "state.json"
    with fake.open(FakeOptions(state)) as service:
        import_busybox(service, folder)
    server = Server(folder, ("--option", f"state={state}"))
    with ExitStack() as stack:
        stack.callback(server.end)
        server.start()
        server.wait_until_it_serves()
        yield Subject(
            name="fake behind the server",
            open=server.connect,
            claims=fake.capabilities - {Capability.IMAGE_IMPORT},
            image=BUSYBOX,
        )
