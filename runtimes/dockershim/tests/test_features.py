"""What handlers are said to be able to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.status import features

if TYPE_CHECKING:
    from runtimes.core.docker.types import Info
    from runtimes.dockershim.service import DockershimService

NAMES = ("", "docker", "old", "runc")
ABLE: dict[str, object] = {
    "path": "runc",
    "status": {
        "org.opencontainers.runtime-spec.features": json.dumps({"mountOptions": ["ro", "rro"]})
    },
}


def told(
    kernel: str = "6.1.0-13-amd64",
    api: tuple[int, int] = (1, 44),
    **runtimes: dict[str, object],
) -> set[str]:
    info = {"KernelVersion": kernel, "DefaultRuntime": "runc", "Runtimes": runtimes}
    found = features.handlers(NAMES, cast("Info", info), api)
    assert [one.name for one in found] == list(NAMES)
    return {one.name for one in found if one.features.recursive_read_only_mounts}


def test_recursive_read_only_is_claimed_of_runtimes_that_say_so() -> None:
    assert told(runc=ABLE, old={"path": "crun"}) == {"", "docker", "runc"}
    assert told(runc={"path": "runc"}, old=ABLE) == {"old"}


@pytest.mark.parametrize(
    "status",
    [None, {}, {"org.opencontainers.runtime-spec.features": "{"}, {"other": "{}"}],
)
def test_what_a_runtime_does_not_say_is_not_claimed(status: object) -> None:
    assert told(runc={"path": "runc", "status": status}, old={}) == set()


def test_an_older_engine_or_kernel_can_not() -> None:
    assert told(api=(1, 43), runc=ABLE, old=ABLE) == set()
    assert told(kernel="5.11.0", runc=ABLE, old=ABLE) == set()


@pytest.mark.needs_docker
@pytest.mark.needs_root
def test_status_tells_the_features_of_each_handler(service: DockershimService) -> None:
    status = service.status()

    can = service.engine.facts.api() >= (1, 44)
    assert {one.name for one in status.runtime_handlers} >= {"", "docker", "runc"}
    assert all(one.HasField("features") for one in status.runtime_handlers)
    assert any(one.features.recursive_read_only_mounts for one in status.runtime_handlers) <= can
    assert status.features == cri.RuntimeFeatures()
