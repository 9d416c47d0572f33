"""The rule by which a pod gets another sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.kubelet.actions.sandbox import SandboxCheck, check_sandbox
from runtimes.kubelet.actions.wishes import sandbox_hash
from runtimes.kubelet.tests.builders import observed, pod, sandbox

if TYPE_CHECKING:
    from runtimes.core.pod.status import SandboxStatus

CASES = {
    "none": ((), False, (True, 0, "")),
    "two ready": ((sandbox(4), sandbox(3)), False, (True, 5, "sandbox-4")),
    "newest not ready": ((sandbox(2, ready=False), sandbox(1)), False, (True, 3, "sandbox-2")),
    "network mode differs": ((sandbox(0),), True, (True, 1, "")),
    "no address": ((sandbox(0, ips=()),), False, (True, 1, "sandbox-0")),
    "good": ((sandbox(6), sandbox(5, ready=False)), False, (False, 6, "sandbox-6")),
    "host network has no address": (
        (sandbox(0, ips=(), host_network=True),),
        True,
        (False, 0, "sandbox-0"),
    ),
}


@pytest.mark.parametrize(("sandboxes", "host", "expected"), CASES.values(), ids=CASES)
def test_a_pod_gets_another_sandbox_by_the_rule(
    sandboxes: tuple[SandboxStatus, ...], host: bool, expected: tuple[bool, int, str]
) -> None:
    check = check_sandbox(pod(host_network=host), observed(sandboxes=sandboxes))

    changed, attempt, sandbox_id = expected
    assert (check.changed, check.attempt, check.id) == (changed, attempt, sandbox_id)
    assert check.outdated == (host != any(one.host_network for one in sandboxes))


def test_a_pod_that_asks_for_another_sandbox_gets_one() -> None:
    asked = pod(hostname="front")
    made = sandbox(3, hash=sandbox_hash(asked))

    again = check_sandbox(pod(hostname="other"), observed(sandboxes=(made,)))

    assert not check_sandbox(asked, observed(sandboxes=(made,))).changed
    assert again == SandboxCheck(changed=True, attempt=4, id="sandbox-3", outdated=True)
