"""The profile `cri` through the server: the backend `cri`, a socket, the embedded backend."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.cni.bridge.segment import BridgeOptions
from runtimes.contract.cri import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Subject
from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core import configure, discovery
from runtimes.core.capability import Capability
from runtimes.server.tests.hosting import connect
from runtimes.server.tests.process import Server
from runtimes.server.tests.served import import_busybox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root]


@pytest.fixture(scope="session")
def contract_subject(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Iterator[Subject]:
    folder = tmp_path_factory.mktemp("served-oci")
    root = folder / "oci"
    bridge = f"rts{os.getpid():x}"
    words = {"root": str(root / "root"), "run_root": str(root / "run"), "bridge": bridge}
    backend = discovery.load("oci")
    options: object = configure.fill(backend.options, words)
    with backend.open(options) as service:
        import_busybox(service, folder)
    given = [word for key, value in words.items() for word in ("--option", f"{key}={value}")]
    registry = {} if runtimes_engines.problem("registry") else runtimes_engines.env("registry")
    server = Server(folder, ("-b", "oci", *given))
    with ExitStack() as stack:
        stack.callback(BuiltinBridge(root / "run/network/bridge", BridgeOptions(bridge)).uninstall)
        stack.callback(server.end)
        server.start()
        server.wait_until_it_serves()
        yield Subject(
            name="oci behind the server",
            open=partial(connect, server.path),
            claims=backend.capabilities - {Capability.IMAGE_IMPORT},
            image=BUSYBOX,
            registry=registry.get("RUNTIMES_TEST_REGISTRY", ""),
            restart=server.restart,
            state=(root / "root", root / "run"),
        )
