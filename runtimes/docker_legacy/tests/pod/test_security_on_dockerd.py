"""What a pod's security context comes to in a container of a real Engine."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core.host import capabilities
from runtimes.core.pod import v1
from runtimes.docker_legacy.tests.pod.pods import containers_of, pod_of, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.docker_legacy.tests.pod.pods import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
OLDEST_ALL = frozenset(capabilities.NAMES[: capabilities.NAMES.index("CAP_AUDIT_READ") + 1])
"""What every Engine means by ALL; newer ones mean more."""


@contextmanager
def running(node: Node, security: v1.SecurityContext) -> Iterator[str]:
    """The id of a container that runs with these settings."""
    pod = pod_of("exec sleep 1000", security=security)
    try:
        node.sync(pod, runs)
        (container,) = containers_of(node, pod)
        yield container
    finally:
        node.remove(pod)


def effective(node: Node, security: v1.SecurityContext) -> frozenset[str]:
    """Capabilities of a container's main process."""
    with running(node, security) as container:
        status = node.manager.exec(container, ["cat", "/proc/1/status"], 20).stdout.decode()
    return capabilities.from_status(status, "CapEff")


@pytest.mark.parametrize(
    "security",
    [
        v1.SecurityContext(privileged=True),
        v1.SecurityContext(capabilities=v1.Capabilities(add=("ALL",))),
    ],
    ids=["privileged", "all"],
)
def test_who_asks_for_all_capabilities_gets_what_the_host_grants(
    node: Node, security: v1.SecurityContext
) -> None:
    granted = capabilities.from_status(Path("/proc/self/status").read_text(), "CapBnd")

    found = effective(node, security)

    assert granted & OLDEST_ALL <= found <= granted


def test_capabilities_are_named_in_any_case(node: Node) -> None:
    asked = v1.Capabilities(add=("net_admin",), drop=("all",))

    assert effective(node, v1.SecurityContext(capabilities=asked)) == {"CAP_NET_ADMIN"}


def test_a_container_may_be_free_of_apparmor(node: Node) -> None:
    unconfined = v1.AppArmorProfile(type="Unconfined")

    with running(node, v1.SecurityContext(app_armor_profile=unconfined)) as container:
        found = node.manager.node.docker.inspect_container(container)

    assert "apparmor=unconfined" in (found["HostConfig"]["SecurityOpt"] or ())
