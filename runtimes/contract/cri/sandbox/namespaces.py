"""Which namespaces containers of a pod share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def namespaces(contract: Bench, kind: str) -> tuple[str, str]:
    """Of two containers of one pod, while both run: a number is used again after its end."""
    script = f"readlink /proc/self/ns/{kind}; sleep 1000"
    containers = [contract.start(contract.script(script)) for _ in range(2)]
    for container in containers:
        contract.wait_log(container, "]")
    return contract.log(containers[0]), contract.log(containers[1])


def test_a_container_is_pid_1_of_its_own_namespace(contract: Bench) -> None:
    assert contract.output("echo $$") == "1"


def test_containers_with_their_own_pid_namespace_do_not_see_each_other(contract: Bench) -> None:
    first, second = namespaces(contract, "pid")

    assert first != second


def test_containers_of_a_pod_share_ipc_and_host_name(contract: Bench) -> None:
    for kind in ("ipc", "uts"):
        first, second = namespaces(contract, kind)
        assert first == second


def test_each_container_has_its_own_mounts(contract: Bench) -> None:
    first, second = namespaces(contract, "mnt")

    assert first != second


@requires(Capability.POD_PID_NAMESPACE)
def test_containers_of_a_pod_with_a_shared_pid_namespace_see_each_other(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.linux.security_context.namespace_options.pid = cri.POD
    sandbox = contract.new_sandbox(config)
    first = contract.config("sleep", "76543")
    second = contract.script("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    for container in (first, second):
        container.linux.security_context.namespace_options.pid = cri.POD
    contract.start(first, sandbox)

    ended = contract.finish(second, sandbox)

    assert "sleep 76543" in ended.log
