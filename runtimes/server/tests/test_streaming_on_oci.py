"""The profile `streaming` through the server, over SPDY and over WebSocket."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.cni.bridge.segment import BridgeOptions
from runtimes.contract.streaming import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Subject
from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core import configure, discovery
from runtimes.core.capability import Capability
from runtimes.server.tests.hosting import Hosted
from runtimes.server.tests.served import import_busybox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def served_oci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("streamed-oci")
    root = folder / "oci"
    bridge = f"rtw{os.getpid():x}"
    words = {"root": str(root / "root"), "run_root": str(root / "run"), "bridge": bridge}
    backend = discovery.load("oci")
    options: object = configure.fill(backend.options, words)
    with ExitStack() as stack:
        stack.callback(BuiltinBridge(root / "run/network/bridge", BridgeOptions(bridge)).uninstall)
        service = stack.enter_context(backend.open(options))
        import_busybox(service, folder)
        hosted = Hosted(service, folder / "cri.sock", None)
        stack.callback(hosted.stop)
        hosted.start()
        yield hosted


@pytest.fixture(scope="session", params=["spdy", "websocket"])
def contract_subject(served_oci: Hosted, request: pytest.FixtureRequest) -> Subject:
    return Subject(
        name=f"oci behind the server, by {request.param}",
        open=lambda: served_oci.connect(streaming=request.param),
        claims=discovery.load("oci").capabilities - {Capability.IMAGE_IMPORT},
        image=BUSYBOX,
    )
