"""The profile `cri` on a real containerd, over its socket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.cri import *  # noqa: F403 - the tests of the profile
from runtimes.contract.subject import Known, Subject
from runtimes.core import configure, discovery
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_containerd, pytest.mark.needs_root]

LACKS = frozenset(
    {
        Capability.METRICS,
        Capability.EVENTS,
        Capability.LIST_STREAMS,
        Capability.SANDBOX_UPDATE,
        Capability.CONTAINER_CHECKPOINT,
        Capability.POD_CHECKPOINT,
        Capability.RUNTIME_CONFIG,
        Capability.IMAGE_VOLUMES,
        Capability.USER_NAMESPACES,
        Capability.APPARMOR,
        Capability.SELINUX,
        Capability.MOUNT_RECURSIVE_READ_ONLY,
    }
)
"""What containerd 1.6 doesn't have, or what this build and these hosts lack."""

KNOWN: tuple[Known, ...] = ()


@pytest.fixture(scope="session")
def contract_subject(runtimes_engines: EngineSession) -> Subject:
    env = runtimes_engines.env("containerd")
    backend = discovery.load("cri")
    options: object = configure.fill(
        backend.options, {"endpoint": env["CONTAINER_RUNTIME_ENDPOINT"]}
    )
    return Subject(
        name="containerd",
        open=lambda: backend.open(options),
        claims=backend.capabilities - LACKS,
        registry=env.get("RUNTIMES_TEST_REGISTRY", ""),
        network=Path(env["RUNTIMES_TEST_CONTAINERD_NETNS"]),
        known=KNOWN,
    )
